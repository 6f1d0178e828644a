//! Hashes that others have made: test vectors of the schemes, and one of each form from an independent library.

use base64ct::{Base64Pbkdf2, Base64ShaCrypt, Encoding};

use super::*;

const PASSWORD: &str = "Tr0mbone & Kürbis";

/// Made once by the library that is named, from [`PASSWORD`].
const FOREIGN: [(&str, Scheme, &str); 17] = [
    ("bcrypt 4.0.1 (Python)", Scheme::Bcrypt, "$2b$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule"),
    ("bcrypt 4.0.1 (Python)", Scheme::Bcrypt, "$2a$06$t4/ei39nU.nUGdi8pVB6nerZ49Xz/U2Lnc3BQKo/uWDsgDMjAbG/i"),
    ("passlib 1.7.4", Scheme::Bcrypt, "$2y$06$azAYBRAE6mxdBCWJDNL7h.IPEL0O.Xr4ecq9UV58vcm8uydrax0Tq"),
    ("bcryptjs 3.0.3", Scheme::Bcrypt, "$2b$06$RSJIXCIjqOCRv.LbJbM/8OmNXx801R3nK.GVBvlB60A8uUhPiH9su"),
    ("passlib 1.7.4", Scheme::Scrypt, "$scrypt$ln=10,r=8,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o"),
    (
        "node:crypto 20",
        Scheme::Scrypt,
        "$scrypt$ln=10,r=8,p=2$c2FsdFNBTFRzYWx0U0FMVA$alQIk+nc+fLVHgm4856xT5knNMtr7S6eT3FWq5GKbW5RX0jRIs0yN30qZOVYI0i/v2kWaSmwTqWA4oT9s/2ndQ",
    ),
    ("passlib 1.7.4", Scheme::Scrypt, "$7$86..../....ZSxlLOW813pvDSGEcK4VIg$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB"),
    ("libxcrypt", Scheme::Scrypt, "$7$8/..../....Mq4YHD2syxYT.MsH1Ek0n1$0YeX468Ql5A2MxDX6mwCeEhI.bgb9iua2A5JavXQPP9"),
    ("passlib 1.7.4", Scheme::Pbkdf2, "$pbkdf2-sha256$2900$/h9D6H2PMaZ0rlXq3XsPYQ$Ku9RWRsXdayoX2AVF21BIywHB9e0Dj7K1PL9vIi3Xnw"),
    (
        "passlib 1.7.4",
        Scheme::Pbkdf2,
        "$pbkdf2-sha512$2500$v1dqjTGG0HrPudd6r/U.Bw$3Bm7lqTVTW66mcXA2YZXNaZvwJg06i7Qoo0RjEwtaVrRBRQrgva4MFk8jTlrURfWC7hpIW8ThYb5X3RGDkCbxg",
    ),
    (
        "hashlib (Python 3.11)",
        Scheme::Pbkdf2,
        "$pbkdf2-sha256$i=3000,l=32$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
    ),
    (
        "hashlib (Python 3.11)",
        Scheme::Pbkdf2,
        "$pbkdf2-sha512$i=3000$c2FsdFNBTFRzYWx0U0FMVA$pcTZxB5pO6dJ1BZYKYRnBnrzBdu5RZ2Yh1dKXZYBFuGvzoMvcYiMdIFx3xw66a2l4RvsZKBGNxUTL6YWq72tbA",
    ),
    ("Django 5.2.19", Scheme::Pbkdf2, "pbkdf2_sha256$3000$seasalt1$RBGgvmKtCNu1rN1haEwQ4WeKhw6LGVCOuUjz3z20x8w="),
    (
        "argon2-cffi 25.1.0",
        Scheme::Argon2,
        "$argon2d$v=19$m=256,t=2,p=2$I5cnKj0PJDH9ObqFfhUk6A$7n+Mv9YqMfrFCPWA6NB7vA5p7x3lmHWZnmbBYDeVeGc",
    ),
    (
        "argon2-cffi 25.1.0",
        Scheme::Argon2,
        "$argon2i$v=19$m=256,t=2,p=2$Gdq4MThpealTienGuV12xA$SmzEGlglztkzUsILXWkc7NhyblhFuG8Olksvi/tOItY",
    ),
    (
        "argon2-cffi 25.1.0",
        Scheme::Argon2,
        "$argon2id$v=19$m=256,t=2,p=2$tUnGyu2lA3fBtF0RU7FTNg$uFtAdH1Q/EP7pEJQqDEiDWqjHO8wt9Hq345i3jQc3Ho",
    ),
    ("argon2-cffi 25.1.0", Scheme::Argon2, "$argon2i$v=16$m=256,t=2,p=1$c29tZXNhbHQ$dfVdkNiuZKkA2oa1nBcjkv/yOEYuHa0O"),
];

/// crypt_blowfish's own tests.
const BCRYPT: [(&str, &str); 5] = [
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    (
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
];

/// The reference implementation's own tests (`test.c`), all of "password".
const ARGON2: [&str; 5] = [
    "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
    "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
];

/// RFC 7914, 12: password, what stands in `$7$`, output.
const SCRYPT: [(&str, &str, &str); 2] = [
    (
        "password",
        "86....E....NaCl",
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    ),
    (
        "pleaseletmein",
        "C6..../....SodiumChloride",
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    ),
];

/// RFC 7914, 11: password, salt, rounds, output.
const PBKDF2: [(&str, &str, u32, &str); 2] = [
    (
        "passwd",
        "salt",
        1,
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
    ),
    (
        "Password",
        "NaCl",
        80_000,
        "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
    ),
];

fn hasher() -> PasswordHasher {
    PasswordHasher::new(PasswordParameters { memory_kib: 64, iterations: 1, parallelism: 1 }).unwrap()
}

fn verify(password: &str, stored: &str) -> Result<Verdict, PasswordError> {
    hasher().verify(&Secret::new(password), Some(&PasswordHash::from_stored(stored)))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[track_caller]
fn assert_rehashed(password: &str, stored: &str) {
    let Ok(Verdict::RightRehashed(new)) = verify(password, stored) else { panic!("{stored} is not the hash of {password}") };
    assert!(new.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{}", new.as_str());
    assert_eq!(verify(password, new.as_str()), Ok(Verdict::Right));
    assert_eq!(verify(&format!("{password}x"), new.as_str()), Ok(Verdict::Wrong));
}

#[test]
fn hashes_made_by_other_libraries_are_verified_and_hashed_anew() {
    for (library, scheme, hash) in FOREIGN {
        assert_eq!(PasswordHash::check(hash), Ok(scheme), "{library}: {hash}");
        assert_rehashed(PASSWORD, hash);
        for wrong in ["", "Tr0mbone & Kurbis", "Tr0mbone & Kürbis ", "tr0mbone & kürbis"] {
            assert_eq!(verify(wrong, hash), Ok(Verdict::Wrong), "{library}: {hash}");
        }
    }
}

#[test]
fn the_vectors_of_the_schemes_hold() {
    for (password, hash) in BCRYPT {
        assert_rehashed(password, hash);
    }
    for hash in ARGON2 {
        assert_rehashed("password", hash);
    }
    for (password, settings, output) in SCRYPT {
        assert_rehashed(password, &format!("$7${settings}${}", Base64ShaCrypt::encode_string(&bytes(output))));
    }
    for (password, salt, rounds, output) in PBKDF2 {
        let [salt, output] = [salt.as_bytes(), &bytes(output)].map(Base64Pbkdf2::encode_string);
        assert_rehashed(password, &format!("$pbkdf2-sha256${rounds}${salt}${output}"));
    }
}

#[test]
fn of_a_bcrypt_hash_72_bytes_count_and_of_the_new_one_all() {
    let (password, hash) = BCRYPT[4];
    let other = format!("{}, whatever they are", &password[..72]);

    assert_rehashed(&other, hash);
    assert_eq!(verify(&password[..71], hash), Ok(Verdict::Wrong));
}

#[test]
fn a_hash_that_costs_too_much_is_refused_before_it_is_computed() {
    let costly = [
        "$2b$17$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule",
        "$2b$03$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule",
        "$scrypt$ln=19,r=8,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$scrypt$ln=18,r=9,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$scrypt$ln=64,r=1,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$scrypt$ln=4294967295,r=4294967295,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$scrypt$ln=10,r=8,p=17$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$7$J6..../....salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$7$zzzzz1/....salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$pbkdf2-sha256$i=10000001$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "$pbkdf2-sha512$4294967295$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "pbkdf2_sha256$10000001$seasalt1$RBGgvmKtCNu1rN1haEwQ4WeKhw6LGVCOuUjz3z20x8w=",
        "$argon2id$v=19$m=1048577,t=1,p=1$tUnGyu2lA3fBtF0RU7FTNg$uFtAdH1Q/EP7pEJQqDEiDWqjHO8wt9Hq345i3jQc3Ho",
        "$argon2id$v=19$m=256,t=101,p=1$tUnGyu2lA3fBtF0RU7FTNg$uFtAdH1Q/EP7pEJQqDEiDWqjHO8wt9Hq345i3jQc3Ho",
        "$argon2id$v=19$m=256,t=1,p=17$tUnGyu2lA3fBtF0RU7FTNg$uFtAdH1Q/EP7pEJQqDEiDWqjHO8wt9Hq345i3jQc3Ho",
    ];
    for hash in costly {
        assert_eq!(PasswordHash::check(hash), Err(PasswordError::TooCostly), "{hash}");
        assert_eq!(hasher().verify(&Secret::new("x"), Some(&PasswordHash::from_stored(hash))), Err(PasswordError::TooCostly));
    }
    for hash in [
        "$2b$16$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule",
        "$scrypt$ln=18,r=8,p=16$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$pbkdf2-sha256$i=10000000$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "$argon2id$v=19$m=1048576,t=100,p=16$tUnGyu2lA3fBtF0RU7FTNg$uFtAdH1Q/EP7pEJQqDEiDWqjHO8wt9Hq345i3jQc3Ho",
    ] {
        assert!(PasswordHash::check(hash).is_ok(), "{hash}");
    }
}

#[test]
fn live_parameters_that_could_not_be_verified_are_refused() {
    for (memory_kib, iterations, parallelism) in [(1_048_577, 1, 1), (64, 101, 1), (256, 1, 17), (64, 0, 1)] {
        let hasher = PasswordHasher::new(PasswordParameters { memory_kib, iterations, parallelism });
        assert_eq!(hasher.map(drop), Err(PasswordError::Parameters));
    }
}

#[test]
fn what_is_no_hash_or_a_hash_of_every_password_is_unreadable() {
    let unreadable = [
        "",
        "$",
        "password",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
        "$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$06$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoul",
        "$2b$xx$pDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoule",
        "$2b$06$üDd9upUbHYl7c/Cz5v6h2OF3/.lhrMHoIh3jEH/Tkzs48Hhugoul",
        "$7$",
        "$7$8",
        "$7$86..../....salt",
        "$7$86..../....salt$",
        "$7$86..../....$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$7$86..../....salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB$",
        "$7$.6..../....salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$7$8...../....salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$7$86.........salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$7$ü6..../....salt$qGNFYP6.0sbidSmDsLo0t0QUv6vN3yLi9glCd1hyAhB",
        "$scrypt$ln=10,r=8,p=1$GYMwZszZu/f+H6NUqhWC8A",
        "$scrypt$ln=10,r=8$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$scrypt$v=1$ln=10,r=8,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$scrypt$ln=0,r=8,p=1$GYMwZszZu/f+H6NUqhWC8A$oFZICxUKP9A6760NzuNp09iiyu5Quocgal0Vhz9WV7o",
        "$pbkdf2-sha256$0$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "$pbkdf2-sha256$2900$c2FsdFNBTFRzYWx0U0FMVA$",
        "$pbkdf2-sha256$2900$c2FsdFNBTFRzYWx0U0FMVA$AAAA",
        "$pbkdf2-sha256$2900$$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "$pbkdf2-sha256$i=2900,l=64$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "$pbkdf2-sha256$l=32$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "$pbkdf2-sha1$2900$c2FsdFNBTFRzYWx0U0FMVA$zoXIoSS/p9ljc8iLXwH/SgeyYUoYk9GikbRuSubvDEY",
        "pbkdf2_sha256$3000$seasalt1$",
        "pbkdf2_sha256$3000$$RBGgvmKtCNu1rN1haEwQ4WeKhw6LGVCOuUjz3z20x8w=",
        "pbkdf2_sha256$three$seasalt1$RBGgvmKtCNu1rN1haEwQ4WeKhw6LGVCOuUjz3z20x8w=",
        "$argon2id$v=19$m=256,t=2,p=2$tUnGyu2lA3fBtF0RU7FTNg",
        "$argon2id$v=19$m=1,t=2,p=2$tUnGyu2lA3fBtF0RU7FTNg$uFtAdH1Q/EP7pEJQqDEiDWqjHO8wt9Hq345i3jQc3Ho",
    ];
    for text in unreadable {
        assert_eq!(PasswordHash::check(text), Err(PasswordError::Unreadable), "{text}");
        assert_eq!(verify("", text), Err(PasswordError::Unreadable), "{text}");
    }
}
