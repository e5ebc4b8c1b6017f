//! The actions of the keys.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// An action that a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    End,
    /// Moves on by this many orders.
    Order(isize),
    /// Scrolls down by this many rows.
    Scroll(isize),
}

/// The number of rows of a page.
const PAGE: isize = 10;
/// A number of rows beyond the ends of any list.
const ALL: isize = isize::MAX;

/// Returns what a key asks for.
pub(crate) fn act(key: KeyEvent) -> Option<Act> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        // The terminal is raw: it sends no signal.
        KeyCode::Char('c' | 'd') if is_control => Act::End,
        _ if is_control => return None,
        KeyCode::Char('q') | KeyCode::Esc => Act::End,
        KeyCode::Char('s') | KeyCode::Right | KeyCode::Tab => Act::Order(1),
        KeyCode::Char('S') | KeyCode::Left | KeyCode::BackTab => Act::Order(-1),
        KeyCode::Down | KeyCode::Char('j') => Act::Scroll(1),
        KeyCode::Up | KeyCode::Char('k') => Act::Scroll(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Act::Scroll(PAGE),
        KeyCode::PageUp => Act::Scroll(-PAGE),
        KeyCode::Home | KeyCode::Char('g') => Act::Scroll(-ALL),
        KeyCode::End | KeyCode::Char('G') => Act::Scroll(ALL),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known() {
        let of = |code, modifiers| act(KeyEvent::new(code, modifiers));
        let plain = |code| of(code, KeyModifiers::NONE);
        assert_eq!(plain(KeyCode::Char('q')), Some(Act::End));
        assert_eq!(of(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Act::End));
        assert_eq!(of(KeyCode::Char('S'), KeyModifiers::SHIFT), Some(Act::Order(-1)));
        assert_eq!(plain(KeyCode::PageDown), Some(Act::Scroll(10)));
        assert_eq!(plain(KeyCode::Char('c')), None);
        assert_eq!(of(KeyCode::Char('s'), KeyModifiers::CONTROL), None);
        let mut released = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        released.kind = KeyEventKind::Release;
        assert_eq!(act(released), None);
    }
}
