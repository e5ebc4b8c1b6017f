//! Methods that a hook forwards as they are, by groups: what a hook does not list, it implements.

/// Methods of `Deserializer`, forwarded to `self.deserializer`.
macro_rules! forward_methods {
    ($($group:ident)*) => {$( forward_methods!(@$group); )*};
    (@any) => {
        forward_methods!(@each deserialize_any());
    };
    (@scalars) => {
        forward_methods!(@each
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
        forward_methods!(@each
            deserialize_option() deserialize_seq() deserialize_tuple(len: usize)
            deserialize_tuple_struct(name: &'static str, len: usize)
        );
    };
    (@map) => {
        forward_methods!(@each
            deserialize_map() deserialize_struct(name: &'static str, fields: &'static [&'static str])
        );
    };
    (@enum) => {
        forward_methods!(@each
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
pub(super) use forward_methods;

/// Methods of `Visitor`, forwarded to `self.visitor`.
macro_rules! forward_visits {
    ($($group:ident)*) => {$( forward_visits!(@$group); )*};
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

        forward_visits!(@each
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
pub(super) use forward_visits;
