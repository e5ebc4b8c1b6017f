//! The attributes of the exporting process.

use std::env;

/// The resource of exported spans: attributes that describe this process.
///
/// ```
/// use traced_actor_flight::OtlpResource;
///
/// let resource = OtlpResource::from_env().attribute("service.name", "guild");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct OtlpResource {
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) scope: String,
}

impl OtlpResource {
    /// Creates a resource whose only attribute is `service.name`.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self { attributes: vec![(SERVICE_NAME.into(), service_name.into())], scope: "traced-actor".into() }
    }

    /// Creates a resource from the environment, like OpenTelemetry's SDK.
    ///
    /// The variables are `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. Without a name, the service is `unknown_service`.
    pub fn from_env() -> Self {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let mut resource = Self::new("unknown_service");
        for entry in variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default().split(',') {
            if let Some((name, value)) = entry.split_once('=')
                && let (name, value) = (decoded(name.trim()), decoded(value.trim()))
                && !name.is_empty()
            {
                resource = resource.attribute(name, value);
            }
        }
        match variable(SERVICE_NAME_VARIABLE).filter(|name| !name.is_empty()) {
            Some(name) => resource.attribute(SERVICE_NAME, name),
            None => resource,
        }
    }

    /// Sets an attribute. It replaces another one with the same name.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name, value)),
        }
        self
    }
}

const SERVICE_NAME: &str = "service.name";
const SERVICE_NAME_VARIABLE: &str = "OTEL_SERVICE_NAME";

/// Returns a text with its percent-encoded characters decoded.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| first == b'%').and_then(|digits| str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attributes: &str, service: &str) -> Vec<(String, String)> {
        let variable = |name: &str| match name {
            "OTEL_RESOURCE_ATTRIBUTES" => Some(attributes.to_owned()),
            SERVICE_NAME_VARIABLE => Some(service.to_owned()),
            _ => None,
        };
        OtlpResource::read(variable).attributes
    }

    fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    #[test]
    fn the_environment_says_who_exports() {
        assert_eq!(read("", ""), pairs([("service.name", "unknown_service")]));
        assert_eq!(
            read("host=a, zone = b%2Cc ,service.name=lost,,=,odd", "guild"),
            pairs([("service.name", "guild"), ("host", "a"), ("zone", "b,c")])
        );
        assert_eq!(
            read("a=%,b=%4,c=%zz,d=%+1", "g")[1..],
            pairs([("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "%+1")])
        );
    }
}
