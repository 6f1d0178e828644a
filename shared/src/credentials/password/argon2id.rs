//! argon2id over block memory that is kept from one hash to the next: most of what a login costs.
//!
//! [`BlockMemory::argon2id`] is the only place that computes it. `argon2-rust` picks the vector unit at run time and asks
//! for huge pages. The crate `argon2` reads the strings, verifies the other variants, and is what tests compare with. The
//! way back to it is that one function: `Argon2::hash_password_into` takes the same arguments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Error, Hasher, Params, Version};

use super::{PasswordError, PasswordParameters};

/// The cheapest hash there is, by the reference implementation in C: password, salt, output. It takes a few microseconds.
const KNOWN_COST: PasswordParameters = PasswordParameters { memory_kib: 8, iterations: 2, parallelism: 1 };
const KNOWN: (&[u8], &[u8], [u8; 32]) = (
    b"password",
    b"somesalt",
    [
        0xfd, 0xb4, 0xdd, 0xb6, 0xd5, 0x88, 0x71, 0x31, 0xb6, 0x6f, 0x0b, 0x2a, 0x37, 0x40, 0xc0, 0x77, 0xdd, 0x05, 0xb7, 0x55, 0x84, 0x58,
        0x61, 0xf6, 0xb5, 0xa1, 0xdd, 0xe8, 0xb1, 0x07, 0x16, 0x46,
    ],
);

/// The memory that one hash fills. It is zeroized after each, and kept for the next.
///
/// A second hash at the same time gets memory of its own, which is freed after it; so does one that needs more than the
/// live parameters do, such as an imported hash.
pub struct BlockMemory {
    live: PasswordParameters,
    kept: Mutex<Option<Hasher>>,
}

impl BlockMemory {
    /// Memory for hashes of the cost `live`; none is allocated yet.
    ///
    /// # Errors
    /// [`PasswordError::WrongAnswer`] if a known hash is computed wrong, so that no wrong one is ever stored or compared.
    pub fn new(live: PasswordParameters) -> Result<Self, PasswordError> {
        let memory = Self { live, kept: Mutex::new(None) };
        let (password, salt, known) = KNOWN;
        let mut output = [0; 32];
        memory.argon2id(KNOWN_COST, password, salt, &mut output)?;
        if output == known { Ok(memory) } else { Err(PasswordError::WrongAnswer) }
    }

    /// Computes argon2id, version 19, on the calling thread alone.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] if there is no memory; [`PasswordError::Unreadable`] if the salt is too short.
    pub fn argon2id(&self, cost: PasswordParameters, password: &[u8], salt: &[u8], output: &mut [u8]) -> Result<(), PasswordError> {
        let argon2 = argon2(cost, output.len()).map_err(reason)?;
        if cost.memory_kib > self.live.memory_kib {
            return argon2.hash_into(password, salt, output).map_err(reason);
        }
        let mut hasher = self.kept().take().unwrap_or_else(|| argon2.hasher());
        hasher.set_argon2(argon2);
        let result = hasher.hash_into(password, salt, output);
        self.kept().get_or_insert(hasher);
        result.map_err(reason)
    }

    /// Allocates the memory, and has the system provide its pages, which it does at the first write to each: on a thread
    /// of its own, so that this passes while a start waits for its keys. `None` where no thread is to be had: then the
    /// first hash does it.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] if there is no memory.
    pub fn prepare(self: Arc<Self>) -> Result<Option<JoinHandle<()>>, PasswordError> {
        let one_pass = argon2(PasswordParameters { iterations: 1, ..self.live }, 32).map_err(reason)?;
        let mut hasher = one_pass.hasher();
        hasher.reserve().map_err(reason)?;
        self.kept().replace(hasher);
        let thread = thread::Builder::new().spawn(move || {
            if let Some(hasher) = self.kept().as_mut() {
                // It fills the memory as any other hash does. Nobody asked for its output.
                let _ = hasher.hash_into(b"", &[0; 16], &mut [0; 32]);
            }
        });
        Ok(thread.ok())
    }

    fn kept(&self) -> MutexGuard<'_, Option<Hasher>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn argon2(cost: PasswordParameters, output_bytes: usize) -> Result<Argon2, Error> {
    let params = Params::builder()
        .memory(Memory::kib(cost.memory_kib.into()))
        .passes(cost.iterations)
        .lanes(cost.parallelism)
        .threads(1)
        .tag_len(TagLen::bytes(output_bytes as u64));
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params.build()?))
}

fn reason(error: Error) -> PasswordError {
    if error == Error::MemoryAllocationError { PasswordError::Failed } else { PasswordError::Unreadable }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const COST: PasswordParameters = PasswordParameters { memory_kib: 64, iterations: 1, parallelism: 1 };

    fn hash(memory: &BlockMemory, cost: PasswordParameters) -> [u8; 32] {
        let mut output = [0; 32];
        memory.argon2id(cost, b"correct horse", b"battery staple", &mut output).unwrap();
        output
    }

    fn kept_kib(memory: &BlockMemory) -> Option<usize> {
        memory.kept().as_ref().map(Hasher::reserved_blocks)
    }

    #[test]
    fn memory_is_kept_up_to_the_live_cost() {
        let memory = BlockMemory::new(COST).unwrap();
        assert_eq!(kept_kib(&memory), Some(8));

        hash(&memory, COST);
        assert_eq!(kept_kib(&memory), Some(64));

        hash(&memory, PasswordParameters { memory_kib: 1024, ..COST });
        hash(&memory, PasswordParameters { memory_kib: 32, ..COST });
        assert_eq!(kept_kib(&memory), Some(64));
    }

    #[test]
    fn prepared_memory_is_allocated_before_the_first_hash_and_gives_the_same_output() {
        let memory = Arc::new(BlockMemory::new(COST).unwrap());
        let expected = hash(&memory, COST);

        memory.clone().prepare().unwrap();

        assert_eq!(kept_kib(&memory), Some(64));
        assert_eq!(hash(&memory, COST), expected);
    }

    #[test]
    fn hashes_at_the_same_time_have_memory_of_their_own() {
        let memory = BlockMemory::new(COST).unwrap();
        let expected = hash(&memory, COST);

        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..50).for_each(|_| assert_eq!(hash(&memory, COST), expected)));
            }
        });

        assert_eq!(kept_kib(&memory), Some(64));
    }

    /// The other implementation, in Rust too, but from another source and with memory of its own.
    fn reference(cost: PasswordParameters, password: &[u8], salt: &[u8], output: &mut [u8]) {
        let params = ::argon2::Params::new(cost.memory_kib, cost.iterations, cost.parallelism, Some(output.len())).unwrap();
        let argon2 = ::argon2::Argon2::new(::argon2::Algorithm::Argon2id, ::argon2::Version::V0x13, params);
        argon2.hash_password_into(password, salt, output).unwrap();
    }

    fn costs() -> impl Strategy<Value = PasswordParameters> {
        let lanes = prop_oneof![3 => Just(1_u32), 1 => 2..5_u32];
        (lanes, 0..1500_u32, 1..4_u32).prop_map(|(parallelism, more, iterations)| PasswordParameters {
            memory_kib: 8 * parallelism + more,
            iterations,
            parallelism,
        })
    }

    proptest! {
        #[test]
        fn the_other_implementation_of_argon2id_agrees(
            cost in costs(),
            password in vec(any::<u8>(), 0..300),
            salt in vec(any::<u8>(), 8..49),
            output_bytes in 10..65_usize,
        ) {
            // Above the memory that is kept, below it, and in memory that the cases before have used.
            static MEMORY: Mutex<Option<BlockMemory>> = Mutex::new(None);
            let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
            let memory = memory.get_or_insert_with(|| BlockMemory::new(PasswordParameters { memory_kib: 1024, ..COST }).unwrap());
            let [mut ours, mut theirs] = [vec![0; output_bytes], vec![0; output_bytes]];

            memory.argon2id(cost, &password, &salt, &mut ours).unwrap();

            reference(cost, &password, &salt, &mut theirs);
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn the_other_implementation_agrees_under_the_default_cost() {
        let cost = PasswordParameters { memory_kib: 19_456, iterations: 2, parallelism: 1 };
        let memory = Arc::new(BlockMemory::new(cost).unwrap());
        memory.clone().prepare().unwrap();
        let mut expected = [0; 32];
        reference(cost, b"correct horse", b"battery staple", &mut expected);

        assert_eq!(hash(&memory, cost), expected);
        assert_eq!(hash(&memory, cost), expected);
    }
}
