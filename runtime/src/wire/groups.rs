//! Macros that implement the methods of serde's traits in groups: some are forwarded unchanged, others are refused.
//!
//! A type implements the methods that it does not list.

/// Forwards methods of `Deserializer` to `self.deserializer`.
#[doc(hidden)]
#[macro_export]
macro_rules! __forward_methods {
    ($($group:ident)*) => {$( $crate::wire::groups::forward_methods!(@$group); )*};
    (@any) => {
        $crate::wire::groups::forward_methods!(@each deserialize_any());
    };
    (@scalars) => {
        $crate::wire::groups::forward_methods!(@each
            deserialize_bool()
            deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
            deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
            deserialize_f32() deserialize_f64() deserialize_char()
            deserialize_str() deserialize_string() deserialize_bytes() deserialize_byte_buf()
            deserialize_unit() deserialize_unit_struct(name: &'static str)
            deserialize_identifier() deserialize_ignored_any()
        );
    };
    (@containers) => {
        $crate::wire::groups::forward_methods!(@each
            deserialize_option() deserialize_seq() deserialize_tuple(len: usize)
            deserialize_tuple_struct(name: &'static str, len: usize)
        );
    };
    (@map) => {
        $crate::wire::groups::forward_methods!(@each
            deserialize_map() deserialize_struct(name: &'static str, fields: &'static [&'static str])
        );
    };
    (@enum) => {
        $crate::wire::groups::forward_methods!(@each
            deserialize_enum(name: &'static str, variants: &'static [&'static str])
        );
    };
    (@each $($method:ident($($argument:ident: $type:ty),*))*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.deserializer.$method($($argument,)* visitor)
        }
    )*};
}
pub use __forward_methods as forward_methods;

/// Forwards methods of `Visitor` to `self.visitor`.
#[doc(hidden)]
#[macro_export]
macro_rules! __forward_visits {
    ($($group:ident)*) => {$( $crate::wire::groups::forward_visits!(@$group); )*};
    (@plain) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.visitor.expecting(f)
        }

        fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
            self.visitor.visit_none()
        }

        fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
            self.visitor.visit_unit()
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
            self.visitor.visit_some(deserializer)
        }

        $crate::wire::groups::forward_visits!(@each
            visit_bool(bool) visit_i8(i8) visit_i16(i16) visit_i32(i32) visit_i64(i64) visit_i128(i128)
            visit_u8(u8) visit_u16(u16) visit_u32(u32) visit_u64(u64) visit_u128(u128)
            visit_f32(f32) visit_f64(f64) visit_char(char)
            visit_str(&str) visit_borrowed_str(&'de str) visit_string(String)
            visit_bytes(&[u8]) visit_borrowed_bytes(&'de [u8]) visit_byte_buf(Vec<u8>)
        );
    };
    (@newtype) => {
        fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
            self.visitor.visit_newtype_struct(deserializer)
        }
    };
    (@seq) => {
        fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
            self.visitor.visit_seq(seq)
        }
    };
    (@map) => {
        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
            self.visitor.visit_map(map)
        }
    };
    (@enum) => {
        fn visit_enum<A: de::EnumAccess<'de>>(self, access: A) -> Result<V::Value, A::Error> {
            self.visitor.visit_enum(access)
        }
    };
    (@each $($method:ident($type:ty))*) => {$(
        fn $method<E: de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}
pub use __forward_visits as forward_visits;

/// Refuses methods of `Serializer`. Each call gives the types that the methods would return.
///
/// `texts` are the methods that can write a text.
#[doc(hidden)]
#[macro_export]
macro_rules! __refuse_methods {
    ($refused:expr => $($group:ident)*) => {$( $crate::wire::groups::refuse_methods!(@$group $refused); )*};
    (@scalars $refused:expr) => {
        $crate::wire::groups::refuse_methods!(@each $refused =>
            serialize_bool(bool) -> Self::Ok;
            serialize_i8(i8) -> Self::Ok; serialize_i16(i16) -> Self::Ok; serialize_i32(i32) -> Self::Ok;
            serialize_i64(i64) -> Self::Ok; serialize_i128(i128) -> Self::Ok;
            serialize_u8(u8) -> Self::Ok; serialize_u16(u16) -> Self::Ok; serialize_u32(u32) -> Self::Ok;
            serialize_u64(u64) -> Self::Ok; serialize_u128(u128) -> Self::Ok;
            serialize_f32(f32) -> Self::Ok; serialize_f64(f64) -> Self::Ok;
            serialize_none() -> Self::Ok; serialize_unit() -> Self::Ok;
        );
    };
    (@texts $refused:expr) => {
        $crate::wire::groups::refuse_methods!(@each $refused =>
            serialize_char(char) -> Self::Ok; serialize_str(&str) -> Self::Ok;
            serialize_bytes(&[u8]) -> Self::Ok;
        );

        #[inline]
        fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Self::Ok, Self::Error> {
            $refused
        }
    };
    (@unit_struct $refused:expr) => {
        $crate::wire::groups::refuse_methods!(@each $refused => serialize_unit_struct(&'static str) -> Self::Ok;);
    };
    (@seq $refused:expr) => {
        type SerializeSeq = Impossible<Self::Ok, Self::Error>;
        type SerializeTuple = Impossible<Self::Ok, Self::Error>;
        $crate::wire::groups::refuse_methods!(@each $refused =>
            serialize_seq(Option<usize>) -> Self::SerializeSeq; serialize_tuple(usize) -> Self::SerializeTuple;
        );
    };
    (@tuple_struct $refused:expr) => {
        type SerializeTupleStruct = Impossible<Self::Ok, Self::Error>;
        $crate::wire::groups::refuse_methods!(@each $refused =>
            serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        );
    };
    (@map $refused:expr) => {
        type SerializeMap = Impossible<Self::Ok, Self::Error>;
        $crate::wire::groups::refuse_methods!(@each $refused => serialize_map(Option<usize>) -> Self::SerializeMap;);
    };
    (@struct $refused:expr) => {
        type SerializeStruct = Impossible<Self::Ok, Self::Error>;
        $crate::wire::groups::refuse_methods!(@each $refused => serialize_struct(&'static str, usize) -> Self::SerializeStruct;);
    };
    (@unit_variant $refused:expr) => {
        $crate::wire::groups::refuse_methods!(@each $refused =>
            serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok;
        );
    };
    (@variants $refused:expr) => {
        type SerializeTupleVariant = Impossible<Self::Ok, Self::Error>;
        type SerializeStructVariant = Impossible<Self::Ok, Self::Error>;
        $crate::wire::groups::refuse_methods!(@each $refused =>
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        );

        #[inline]
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Self::Error> {
            $refused
        }
    };
    (@each $refused:expr => $($method:ident($($type:ty),*) -> $ok:ty;)*) => {$(
        #[inline]
        fn $method(self, $(_: $type),*) -> Result<$ok, Self::Error> {
            $refused
        }
    )*};
}
pub use __refuse_methods as refuse_methods;
