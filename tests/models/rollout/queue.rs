//! The frames in flight, packed into one number.

use traced_actor_wire::Encoding;

use crate::model::Frame;

/// The oldest frame first. Each takes three bits, and none is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Queue(u32);

impl Queue {
    /// Four frames are enough: one direction holds at most a hello, a message and an answer.
    pub(crate) const WIDTH: u32 = 12;

    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        let end = (u32::BITS - self.0.leading_zeros()).next_multiple_of(3);
        assert!(end < Self::WIDTH, "more frames than were thought of: {self:?}");
        self.0 |= number(frame) << end;
    }

    pub(crate) fn pop(&mut self) -> Option<Frame> {
        let frame = frame(self.0 & 7);
        self.0 >>= 3;
        frame
    }

    pub(crate) fn contains(mut self, wanted: Frame) -> bool {
        while let Some(frame) = self.pop() {
            if frame == wanted {
                return true;
            }
        }
        false
    }
}

impl FromIterator<Frame> for Queue {
    fn from_iter<I: IntoIterator<Item = Frame>>(frames: I) -> Self {
        let mut queue = Self::default();
        frames.into_iter().for_each(|frame| queue.push(frame));
        queue
    }
}

fn number(frame: Frame) -> u32 {
    match frame {
        Frame::Hello => 1,
        Frame::Message(Encoding::Bare) => 2,
        Frame::Message(_) => 3,
        Frame::Taken => 4,
        Frame::Refused => 5,
    }
}

fn frame(number: u32) -> Option<Frame> {
    Some(match number {
        1 => Frame::Hello,
        2 => Frame::Message(Encoding::Bare),
        3 => Frame::Message(Encoding::Envelope),
        4 => Frame::Taken,
        5 => Frame::Refused,
        _ => return None,
    })
}

#[test]
fn what_was_pushed_is_popped_in_its_order() {
    let frames =
        [Frame::Hello, Frame::Message(Encoding::Envelope), Frame::Message(Encoding::Bare), Frame::Refused];
    let mut queue = Queue::from_iter(frames);
    assert!(frames.into_iter().all(|frame| queue.contains(frame)) && !queue.contains(Frame::Taken));
    assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), frames);
    assert!(queue.is_empty());
}
