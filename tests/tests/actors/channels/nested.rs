//! A loop that receives on another channel while it works on a message, as one does that awaits an answer there. Each
//! message ends when its own receiver is asked for more, whatever lies above or below it.

use super::*;

#[traced_actor(name = "Asking")]
struct Ask;

/// A handler's answers, of which one has come while an unsampled message was handled.
async fn answered_once(
    sender: &mpsc::Sender<Ask>,
    mailbox: &mut mpsc::Receiver<Ask>,
) -> mpsc::Receiver<&'static str> {
    testkit::install();
    let (answer, mut answers) = mpsc::channel_named_by_type(8);
    sender.send_envelope(unsampled(Ask)).await.unwrap();
    mailbox.recv().await.unwrap();
    answer.send("unsampled as well").await.unwrap();
    answers.recv().await.unwrap();
    assert!(is_unsampled());
    answers
}

#[tokio::test]
async fn an_older_unsampled_answer_does_not_end_a_sampled_message() {
    let (sender, mut mailbox) = mpsc::channel(8);
    async {
        let mut answers = answered_once(&sender, &mut mailbox).await;
        sender.send_envelope(Envelope::bare(Ask)).await.unwrap();
        mailbox.recv().await.unwrap();
        let handled = current();
        assert!(handled.is_some());
        drop(answers.recv());
        assert_eq!(current(), handled, "it is handled still");
        drop(mailbox.recv());
        assert_eq!(current(), None);
        assert!(!is_unsampled());
    }
    .traced()
    .await;
}

#[tokio::test]
async fn an_unsampled_answer_ends_by_its_own_receiver() {
    let (sender, mut mailbox) = mpsc::channel(8);
    async {
        let mut answers = answered_once(&sender, &mut mailbox).await;
        drop(mailbox.recv());
        assert!(is_unsampled(), "the answer is worked on still");
        drop(answers.recv());
        assert!(!is_unsampled(), "nobody has decided about what is sent between messages");
    }
    .traced()
    .await;
}

/// The other order: the answer ends first, then the message around it.
#[tokio::test]
async fn an_unsampled_answer_leaves_its_message_unsampled() {
    let (sender, mut mailbox) = mpsc::channel(8);
    async {
        let mut answers = answered_once(&sender, &mut mailbox).await;
        drop(answers.recv());
        assert!(is_unsampled(), "the message around it is");
        drop(mailbox.recv());
        assert!(!is_unsampled());
    }
    .traced()
    .await;
}

/// A sampled answer to an unsampled message, which ends first.
#[tokio::test]
async fn the_end_of_an_unsampled_message_leaves_a_sampled_answer() {
    let (sender, mut mailbox) = mpsc::channel(8);
    let (answer, mut answers) = mpsc::channel_named_by_type(8);
    let cause = handling(async { answer.send("sampled").await.unwrap() }).await;
    async {
        sender.send_envelope(unsampled(Ask)).await.unwrap();
        mailbox.recv().await.unwrap();
        assert!(is_unsampled());
        answers.recv().await.unwrap();
        let answer = current();
        assert!(answer.is_some_and(|span| span != cause), "under the answer's own span");
        drop(mailbox.recv());
        assert_eq!(current(), answer, "the answer is worked on still");
        drop(answers.recv());
        assert_eq!(current(), None);
        assert!(!is_unsampled());
    }
    .traced()
    .await;
}
