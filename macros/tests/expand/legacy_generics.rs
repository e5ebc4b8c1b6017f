//! The impls that forward ask of parameters what serde's derive asks.

#[traced_actor(crate = "crate::vendor")]
#[derive(serde::Serialize)]
#[derive(serde::Deserialize)]
pub(super) enum Message<'a, T, const N: usize>
where
    T: Debug,
{
    #[traced(index = 3)]
    Text(&'a str),
    #[traced(index = 2)]
    Items {
        items: Vec<T>,
        marker: PhantomData<fn() -> T>,
    },
    #[traced(index = 0)]
    #[serde(skip_deserializing)]
    Many(Box<[Self; N]>),
}
