//! Every way to receive opens the message's span as a child of its sender's, and ends the last one.

use super::*;

/// A message of the test's own actor, received in `$receive` within a scope: a child of the sender's span, which
/// is current until the next message is asked for by `$ask`.
macro_rules! child_span {
    ($($test:ident: ($sender:ident, $receiver:ident) = $channel:expr, $send:expr, $receive:expr, $ask:expr;)*) => {
        $(#[tokio::test]
        async fn $test() {
            #[traced_actor(name = stringify!($test))]
            struct Effect;

            let ($sender, $receiver) = $channel;
            #[allow(unused_mut)] // some receive through `&self`
            let mut $receiver = $receiver;
            let cause = handling(async { $send }).await;
            async {
                let received: Option<Effect> = $receive;
                received.expect("the message is there");
                let span = current();
                assert!(spans(stringify!($test)).is_empty(), "open");
                $ask;
                let ended = only(stringify!($test));
                assert_eq!(ended.parent, Some(cause));
                assert_eq!(span, Some(ended.context.span_id), "what is sent meanwhile continues it");
                assert_eq!(current(), None, "and nothing does afterwards");
            }
            .traced()
            .await;
        })*
    };
}
