//! The display and the keys of a terminal. Without a screen, as with `TERM=dumb`, alerts are printed and keys are lines.

use std::io::{self, BufRead, Write};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::{cursor, execute, queue, style, terminal};

use super::screen::Screen;
use super::state::Key;

/// A terminal. Dropping it restores what was on the screen.
#[derive(Debug)]
pub struct Display {
    has_screen: bool,
    /// Keys of a line that are not taken yet.
    line: std::collections::VecDeque<Key>,
}

/// Show the terminal as it was before. For the end of the program by a signal; harmless without a display.
pub fn restore() {
    // There is nothing left to do about a failure.
    let _ = terminal::disable_raw_mode();
    let _ = execute!(io::stderr(), terminal::LeaveAlternateScreen, cursor::Show);
}

impl Display {
    /// Take over the terminal; without a screen, only print.
    ///
    /// # Errors
    /// If the terminal refuses.
    pub fn open(has_screen: bool) -> io::Result<Self> {
        if has_screen {
            terminal::enable_raw_mode()?;
            let display = Display { has_screen, line: Default::default() };
            execute!(io::stderr(), terminal::EnterAlternateScreen, cursor::Hide)?;
            return Ok(display);
        }
        Ok(Display { has_screen, line: Default::default() })
    }

    /// Show a screen.
    ///
    /// # Errors
    /// If the terminal cannot be written.
    pub fn draw(&mut self, screen: &Screen) -> io::Result<()> {
        let mut out = io::stderr().lock();
        if !self.has_screen {
            if self.line.is_empty() {
                write!(out, "\n{}s n u b q ?> ", screen.text())?;
            }
            return out.flush();
        }
        let known = terminal::size().ok().filter(|(width, height)| *width > 0 && *height > 0);
        let (width, height) = known.unwrap_or((80, 24));
        queue!(out, cursor::MoveTo(0, 0))?;
        for (row, line) in screen.lines(usize::from(width), usize::from(height)).iter().enumerate() {
            queue!(out, cursor::MoveTo(0, row as u16), style::Print(line))?;
            queue!(out, terminal::Clear(terminal::ClearType::UntilNewLine))?;
        }
        out.flush()
    }

    /// Wait for a key.
    ///
    /// # Errors
    /// If the terminal cannot be read.
    pub fn key(&mut self) -> io::Result<Key> {
        if !self.has_screen {
            return self.key_of_line();
        }
        loop {
            let key = match event::read()? {
                Event::Resize(..) => Key::Resize,
                Event::Key(key) if key.kind == KeyEventKind::Release => continue,
                Event::Key(key) if key.modifiers.contains(KeyModifiers::CONTROL) => match key.code {
                    KeyCode::Char('c' | 'd') => Key::Interrupt,
                    // A line feed, as a program that types for somebody sends it.
                    KeyCode::Char('j') => Key::Enter,
                    _ => continue,
                },
                Event::Key(key) => match key.code {
                    KeyCode::Char(character) => Key::Character(character),
                    KeyCode::Enter => Key::Enter,
                    KeyCode::Backspace => Key::Backspace,
                    KeyCode::Esc => Key::Escape,
                    _ => continue,
                },
                _ => continue,
            };
            return Ok(key);
        }
    }

    fn key_of_line(&mut self) -> io::Result<Key> {
        loop {
            if let Some(key) = self.line.pop_front() {
                return Ok(key);
            }
            let mut line = String::new();
            if io::stdin().lock().read_line(&mut line)? == 0 {
                return Ok(Key::Interrupt);
            }
            let text = line.trim();
            // `t` and a text is a note; of other lines the first character counts.
            match text.strip_prefix("t ") {
                Some(note) => {
                    self.line.push_back(Key::Character('t'));
                    self.line.extend(note.chars().map(Key::Character));
                    self.line.push_back(Key::Enter);
                }
                None => {
                    self.line.extend(text.chars().next().filter(|first| *first != 't').map(Key::Character))
                }
            }
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if self.has_screen {
            restore();
        }
    }
}
