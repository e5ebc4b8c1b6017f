//! The impls that forward ask of parameters what serde's derive asks.
#[derive(crate::vendor::__private::SerdeAttributes)]
pub(super) enum Message<'a, T, const N: usize>
where
    T: Debug,
{
    Text(&'a str),
    Items { items: Vec<T>, marker: PhantomData<fn() -> T> },
    #[serde(skip_deserializing)]
    Many(Box<[Self; N]>),
}
#[automatically_derived]
impl<'a, T, const N: usize> crate::vendor::Message for Message<'a, T, N>
where
    T: Debug,
{
    fn kind(&self) -> &'static crate::vendor::Kind {
        match self {
            Self::Text { .. } => const { &crate::vendor::Kind::new("Text") }
            Self::Items { .. } => const { &crate::vendor::Kind::new("Items") }
            Self::Many { .. } => const { &crate::vendor::Kind::new("Many") }
        }
    }
}
const _: () = {
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(remote = "Message", rename = "Message")]
    enum __TracedWire<'a, T, const N: usize>
    where
        T: Debug,
    {
        Text(&'a str),
        Items { items: Vec<T>, marker: PhantomData<fn() -> T> },
        #[serde(skip_deserializing)]
        Many(Box<[Message<'a, T, N>; N]>),
    }
    #[automatically_derived]
    impl<'a, T, const N: usize> crate::vendor::wire::versions::Versions
    for Message<'a, T, N>
    where
        T: Debug,
    {
        const NAME: &'static str = "Message";
        const NAMES: &'static [&'static str] = &["Text", "Items", "Many"];
        const CURRENT: &'static [crate::vendor::wire::versions::CurrentVariant] = &[
            crate::vendor::wire::versions::CurrentVariant::at(3),
            crate::vendor::wire::versions::CurrentVariant::at(2),
            crate::vendor::wire::versions::CurrentVariant::at(0).never_read(),
        ];
        const RETIRED: &'static [crate::vendor::wire::versions::RetiredVariant] = &[];
    }
    #[automatically_derived]
    impl<'a, T, const N: usize> crate::vendor::__private::serde::Serialize
    for Message<'a, T, N>
    where
        T: Debug,
        T: crate::vendor::__private::serde::Serialize,
    {
        fn serialize<__S: crate::vendor::__private::serde::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            crate::vendor::wire::versions::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl<'a, T, const N: usize> crate::vendor::wire::versions::Downgrade
    for Message<'a, T, N>
    where
        T: Debug,
        T: crate::vendor::__private::serde::Serialize,
    {
        fn serialize_current<__S: crate::vendor::__private::serde::Serializer>(
            &self,
            serializer: __S,
        ) -> ::core::result::Result<__S::Ok, __S::Error> {
            __TracedWire::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl<
        'de: 'a,
        'a,
        T,
        const N: usize,
    > crate::vendor::__private::serde::Deserialize<'de> for Message<'a, T, N>
    where
        T: Debug,
        T: crate::vendor::__private::serde::Deserialize<'de>,
    {
        fn deserialize<__D: crate::vendor::__private::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            crate::vendor::wire::versions::deserialize(deserializer)
        }
    }
    #[automatically_derived]
    impl<'de: 'a, 'a, T, const N: usize> crate::vendor::wire::versions::Upgrade<'de>
    for Message<'a, T, N>
    where
        T: Debug,
        T: crate::vendor::__private::serde::Deserialize<'de>,
    {
        fn deserialize_current<__D: crate::vendor::__private::serde::Deserializer<'de>>(
            deserializer: __D,
        ) -> ::core::result::Result<Self, __D::Error> {
            __TracedWire::deserialize(deserializer)
        }
    }
};
