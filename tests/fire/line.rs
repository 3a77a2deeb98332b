//! A line between ssh and a host: it can be cut with its connections half open, be slow, lose what is sent for a while,
//! or hang up. It needs no privileges: bytes are passed on by this process.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::dice::Dice;

/// How a lost packet shows above TCP: it is sent again after this.
const SENT_AGAIN: Duration = Duration::from_millis(210);

#[derive(Debug, Default)]
struct Weather {
    cut: AtomicBool,
    delay_ms: AtomicU64,
    /// Of a hundred pieces so many are sent again.
    loss: AtomicU64,
    closed: AtomicBool,
    ends: Mutex<Vec<TcpStream>>,
}

#[derive(Debug)]
pub struct Line {
    pub port: u16,
    weather: Arc<Weather>,
}

impl Line {
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port");
        let own = listener.local_addr().expect("a bound address").port();
        let weather = Arc::new(Weather::default());
        let here = Arc::clone(&weather);
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if here.closed.load(Ordering::Relaxed) {
                    return;
                }
                let here = Arc::clone(&here);
                std::thread::spawn(move || connect(near, port, &here));
            }
        });
        Self { port: own, weather }
    }

    /// Nothing passes, and nobody is told.
    pub fn cut(&self, is_cut: bool) {
        self.weather.cut.store(is_cut, Ordering::Relaxed);
    }

    /// Milliseconds that each piece takes longer, and how many of a hundred are lost once.
    pub fn wear(&self, delay: u64, loss: u64) {
        self.weather.delay_ms.store(delay, Ordering::Relaxed);
        self.weather.loss.store(loss, Ordering::Relaxed);
    }

    /// Every connection ends now; new ones are made.
    pub fn hang_up(&self) {
        for end in self.weather.ends.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.weather.closed.store(true, Ordering::Relaxed);
        self.cut(false);
        self.hang_up();
        // Wakes the listener, so that it sees that it is over.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn connect(near: TcpStream, port: u16, weather: &Arc<Weather>) {
    wait_while_cut(weather);
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (Ok(near_in), Ok(far_in)) = (near.try_clone(), far.try_clone()) else { return };
    let kept: Vec<TcpStream> = [&near, &far].into_iter().filter_map(|end| end.try_clone().ok()).collect();
    weather.ends.lock().unwrap_or_else(PoisonError::into_inner).extend(kept);
    let there = Arc::clone(weather);
    std::thread::spawn(move || pass(near_in, far, &there));
    pass(far_in, near, weather);
}

fn pass(mut from: TcpStream, mut to: TcpStream, weather: &Weather) {
    let mut piece = vec![0; 16 * 1024];
    let mut dice = Dice::new(u64::from(from.peer_addr().map_or(0, |peer| peer.port())));
    loop {
        let read = from.read(&mut piece).unwrap_or(0);
        wait_while_cut(weather);
        let delay = weather.delay_ms.load(Ordering::Relaxed);
        if delay > 0 {
            std::thread::sleep(Duration::from_millis(delay));
        }
        if (dice.below(100) as u64) < weather.loss.load(Ordering::Relaxed) {
            std::thread::sleep(SENT_AGAIN);
        }
        if read == 0 || to.write_all(&piece[..read]).is_err() {
            let _ = (to.shutdown(Shutdown::Write), from.shutdown(Shutdown::Read));
            return;
        }
    }
}

fn wait_while_cut(weather: &Weather) {
    while weather.cut.load(Ordering::Relaxed) && !weather.closed.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(5));
    }
}
