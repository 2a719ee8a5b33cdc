//! Who is killed when: by chance, or at the worst moment on purpose.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::figures::Figures;
use super::world::World;

fn millis(range: std::ops::Range<u64>, chance: &mut StdRng) -> Duration {
    Duration::from_millis(chance.random_range(range))
}

/// Kills one or the other now and then. The moments are the seed's.
pub fn by_chance(world: &World, seed: u64, figures: &mut Figures) {
    let mut chance = StdRng::seed_from_u64(seed ^ 0x6b69_6c6c);
    for _ in 0..chance.random_range(3..6) {
        std::thread::sleep(millis(80..600, &mut chance));
        let away = millis(0..120, &mut chance);
        if chance.random_bool(0.6) {
            world.kill_daemon(|| std::thread::sleep(away));
            figures.count("kills of the daemon", 1);
        } else {
            world.kill_crm(|| std::thread::sleep(away));
            figures.count("kills of the CRM", 1);
        }
    }
}

/// Kills the daemon whenever the CRM has committed a log: before its answer leaves, or right after.
pub fn on_the_verge(world: &World, listener: &TcpListener, over: &AtomicBool, seed: u64, figures: &mut Figures) {
    let mut chance = StdRng::seed_from_u64(seed ^ 0x7665_7267);
    for line in listener.incoming().flatten() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let mut key = String::new();
        let mut line = BufReader::new(line);
        if line.read_line(&mut key).unwrap_or(0) == 0 {
            continue;
        }
        if chance.random_bool(0.5) {
            world.kill_daemon(|| go(&mut line));
            figures.count("kills of the daemon before the answer left", 1);
        } else {
            go(&mut line);
            std::thread::sleep(Duration::from_micros(chance.random_range(0..4_000)));
            world.kill_daemon(|| {});
            figures.count("kills of the daemon as the answer came", 1);
        }
    }
}

/// Leave to answer.
fn go(line: &mut BufReader<TcpStream>) {
    drop(line.get_mut().write_all(b"."));
}
