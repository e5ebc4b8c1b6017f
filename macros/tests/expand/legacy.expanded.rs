//! Retired shapes and pinned numbers: serde's derives move to a mirror of the enum.
/// The messages of a guild.
#[derive(Debug, Clone, ::traced_actor::__private::SerdeAttributes)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// A member joined.
    #[serde(rename = "join2")]
    Join { user: u64, #[serde(default)] region: String },
    Post(u64, String),
    #[cfg(feature = "admin")]
    KickAll,
    #[serde(skip)]
    Cached(Instant),
}
#[automatically_derived]
impl ::traced_actor::Message for Message {
    fn kind(&self) -> &'static ::traced_actor::Kind {
        match self {
            Self::Join { .. } => const { &::traced_actor::Kind::new("Join") }
            Self::Post { .. } => const { &::traced_actor::Kind::new("Post") }
            #[cfg(feature = "admin")]
            Self::KickAll { .. } => const { &::traced_actor::Kind::new("KickAll") }
            Self::Cached { .. } => const { &::traced_actor::Kind::new("Cached") }
        }
    }
    fn record(&self, fields: &mut ::traced_actor::Fields<'_>) {
        match self {
            Self::Join { user, .. } => {
                fields.record("user", user);
            }
            _ => {}
        }
    }
}
const _: () = {
    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Message", rename = "Message")]
    #[serde(rename_all = "kebab-case")]
    enum __TracedWire {
        #[serde(rename = "join2")]
        Join { user: u64, #[serde(default)] region: String },
        Post(u64, String),
        #[cfg(feature = "admin")]
        KickAll,
        #[serde(skip)]
        Cached(Instant),
    }
    #[automatically_derived]
    impl ::traced_actor::wire::versions::Versions for Message {
        const NAME: &'static str = "Message";
        const NAMES: &'static [&'static str] = &[
            "join2",
            "post",
            #[cfg(feature = "admin")]
            "kick-all",
            "cached",
        ];
        const CURRENT: &'static [::traced_actor::wire::versions::CurrentVariant] = &[
            ::traced_actor::wire::versions::CurrentVariant::at(5).since(1),
            ::traced_actor::wire::versions::CurrentVariant::at(1),
            #[cfg(feature = "admin")]
            ::traced_actor::wire::versions::CurrentVariant::at(6).since(2),
            ::traced_actor::wire::versions::CurrentVariant::SKIPPED,
        ];
        const RETIRED: &'static [::traced_actor::wire::versions::RetiredVariant] = &[
            ::traced_actor::wire::versions::RetiredVariant::new("JoinV1")
                .at(0)
                .named("Join"),
            ::traced_actor::wire::versions::RetiredVariant::new("LeaveV1")
                .at(2)
                .named("Leave")
                .since(1)
                .until(2),
        ];
    }
    #[automatically_derived]
    impl ::traced_actor::__private::serde::Serialize for Message {
        fn serialize<__S: ::traced_actor::__private::serde::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            ::traced_actor::wire::versions::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl ::traced_actor::wire::versions::Downgrade for Message {
        fn serialize_current<__S: ::traced_actor::__private::serde::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __TracedWire::serialize(self, serializer)
        }
        fn downgrade<__S: ::traced_actor::__private::serde::Serializer>(
            &self,
            retired: usize,
            older: ::traced_actor::wire::versions::Older<__S>,
        ) -> ::traced_actor::wire::versions::Written<__S> {
            match retired {
                0 => older.write::<JoinV1>(JoinV1::down(self)),
                _ => older.leave(),
            }
        }
    }
    #[automatically_derived]
    impl<'de> ::traced_actor::__private::serde::Deserialize<'de> for Message {
        fn deserialize<__D: ::traced_actor::__private::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            ::traced_actor::wire::versions::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl<'de> ::traced_actor::wire::versions::Upgrade<'de> for Message {
        fn deserialize_current<__D: ::traced_actor::__private::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            __TracedWire::deserialize(deserializer)
        }
        fn upgrade<__A: ::traced_actor::__private::serde::de::VariantAccess<'de>>(
            retired: usize,
            content: ::traced_actor::wire::versions::Content<__A>,
        ) -> ::core::result::Result<Self, __A::Error> {
            match retired {
                0 => content.read::<JoinV1, _, _>(JoinV1::up),
                1 => {
                    content
                        .read::<
                            LeaveV1,
                            _,
                            _,
                        >(<Self as ::core::convert::From<LeaveV1>>::from)
                }
                _ => content.none(),
            }
        }
    }
};
