//! Hashes of made-up passwords, made by the Python packages bcrypt 4.0 and 5.0, argon2-cffi 25.1,
//! passlib 1.7, Werkzeug 3.1 and Django 5.2, with low costs unless a test says otherwise. Those of
//! WordPress are bcrypt's of what hashlib and hmac make of the password, those of Firebase by hashlib's
//! scrypt and AES of cryptography 50; one is the vector that Firebase publishes.

use doorward_kernel::UserId;
use doorward_user::{Password, PasswordCheck, PasswordHasher, PasswordVerifier};

use super::*;
use crate::{
    Argon2Hasher, HashParameters, Keyring,
    fixtures::{Fixture, epoch, retired},
    password::Bench,
};

const ADA: UserId = UserId::from_bytes([1; 16]);
const BOB: UserId = UserId::from_bytes([2; 16]);
const ASCII: &str = "correct horse battery staple";
const BEYOND: &str = "pässwörd-Ω-9";

const OF_ASCII: [&str; 27] = [
    "scrypt:1024:8:1$U9blvQRY9zLsCQul$1489c9fd4de2aaa97029bdb4a171efadee4e34b55531dcc9c7e8953690e933f3644c17d48bf31b73a0fbf3179f6d3819ba3d19d63c13b13baebf1fbe9acab4ee",
    "scrypt:1024:4:2$ldF1tBBPXcKIv6WW$354d8f5679fa77a77b16204e9ecf93bd483bfed963af8a90f3dcc13ddcb6a5c9dc104e2a06b13d51c7ae2ba29e49a36d1c8cadb94fdb47b2ab84aed652edf87b",
    "pbkdf2:sha256:1000$uM736s9IaTgCXv5b$dc52a36de4e052718679c199e23be723fba8051c4599bf21f506e2b854fa6405",
    "pbkdf2:sha1:1000$7ys0PAXOhOBE7aAF$a2065fb151ee1f7ca486cec0ae831a1f2fccaee1",
    "pbkdf2:sha512:1000$pzGQYRaj0dHv1wak$55800feda82998f9fa623eca63269b70ede705a461060b003deae61b721e55937fcb66d354dab01c9eae8bb1041b696e52e911de02d0f12b8a9bebe08a9070eb",
    "pbkdf2_sha256$1000$aomlsmNzwDfoZ4thiYn6Pw$4/YDYxw3smnlATKoyTin6FW6D8k7xnRtg9GoWMdUvqA=",
    "pbkdf2_sha1$1000$idqT58SUydiPlQB71GlV1h$o2h7oqn0tF/Up5mERAaJ18jTthg=",
    "bcrypt_sha256$$2b$04$xEk/DvVvIf2An/Htmp9zQegf4CFiOYqkyngs0GIol1yZ02a9fbXZO",
    "bcrypt$$2b$04$cUN5BaPX/JhaS4yUGV8hi.FBIs8k63hTRm9Yvyb.UEp3ou3QVKehW",
    "argon2$argon2id$v=19$m=64,t=2,p=2$a2N6QVlYM2N6dGY0aWRybUZwazFNNg$+F8YDV+hMA0QphWTL8c8GNORv0nARZTOJ4EJki5S7sk",
    "scrypt$1024$Pm9xpMf4wiLFibbhyzi4FG$8$5$qmZEPt2NZTObw2NrMzWoTjhMcc41sRDbbJRSG5zG1QwDXIl6hEDdkqDsZPp/lt9ytY5Na/ZH+QXQWInePBFZKA==",
    "$2a$04$kAU8iMZHfspsLSyPDxFz3.OVU//jKux2CjPic5p7evqHX75Srwusi",
    "$2b$04$N2TNQ0pcdBN553gLQeYRaeOA2vPbuHV6AXoj.1PqCP4YZlF4kk2de",
    "$argon2id$v=19$m=64,t=2,p=2$JOJ+tKLHPD2xe2J02F4evQ$bEp2wRmfk5OLSiV9YEXr2v/qoYLkiXbER11QLkPeAOU",
    "$argon2i$v=19$m=64,t=2,p=2$QyCmVzyBHgT6XrCtTH2Dwg$BmwyC4Se2nSRY1Bhpr8RhwrBwxy8mZkwkvbKrpE3sxk",
    "$argon2i$v=16$m=64,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$duLE/+QCsbwbdjUHdgTxWbuFAdTp7rTK",
    "$pbkdf2$1000$/P/fO.ccoxQixFjrXQthrA$hvsy7PyXqsx/9HpLfU8F1okUK9w",
    "$pbkdf2-sha256$1000$oNTaW4vx3huj1Lp3bu39Hw$VPIihzu.OTRqpw7CYiRidCpR82t8u7Nv9KJRcjdnCoM",
    "$pbkdf2-sha512$1000$IsRYixGilHIu5ZxzTonReg$8SwPFjbmVs4iv/jsCyeFNnzzs5GtIC/zZHRA5gtn4UqeghBCuoSxgo0.sB1tfAColPnVpenLi3kVV7ceadnd3w",
    "$scrypt$ln=10,r=8,p=1$Qqj1PscYg1AqxXhvrRWidA$70PN5lCR2V2ZauRr019HerMBcUunMV18uysEDAJBxaU",
    "$bcrypt-sha256$2b,4$y9Uh72pw/QNUZlKzKnZMGe$ou/shxLYnB760tGXkuUP55Peqe21q6i",
    "$bcrypt-sha256$2a,4$F/soULPZxryFlGgkswSRse$TKvUiPw38s2U0ls/.doXHaCrtwoy5DW",
    "$bcrypt-sha256$v=2,t=2b,r=4$MNUZxGRbstX6lRO6bu52LO$ifPQ7M2eJQ81YuMcjIi6l3ExlS/ME/S",
    "$wp$2y$04$f5r8bmptcVJ2HDYp490KoOgXeXuYM.3U6arU2R8x18QvxVjiVT8xe",
    "$P$6ta0nfofcyYB0ka1zvcdu5XpoE8gfz.",
    "$H$9tvs/3zaKhwVtjjPE.dVpvM.O1pphz0",
    "$fbscrypt$v=1,n=10,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$vQibveBq3PMBQy8hUpLTiiYvBoJNsSbxjCcWRxc908dxKWx/Mppc2YL+hdNJrn9JdO0/eLJRBmQ6Ttg7sOtquQ==",
];

const OF_BEYOND: [&str; 16] = [
    "scrypt:1024:8:1$BJqiHJxNxf5cuasL$576b6f30acb60e2150bb384063d1f97f81b534c5b4aaac52ac1edfd385c12c881e39a2207f2f1f03836ff9d17fef84c80e0adf7bf82a17375acd4adcd71a14cd",
    "pbkdf2:sha256:1000$Pz9nOfBUbaBabF4j$b1e6285f40f1d8a23fe8ca7e8eeebe8f74f274f699c4e2d419902c1b176bb71f",
    "pbkdf2_sha256$1000$nOl6OZqaBBPoCmB8UQoQXW$mGAykKLk19B6t59g8Moc0yau26Vkybea843pZDajKMg=",
    "bcrypt_sha256$$2b$04$.UNCHg0qwoEocGaGr2vjk.FJL0s2AvRrS0fcVAKCat2Qq7Fm5yKmu",
    "scrypt$1024$SE6UjJFi7KGQ5Jfk1iRmeP$8$5$egFujZWUqLMS69PUl3wafVBBuYGOe02M//ItW9IqqaXDRGHM4WFLp1zKwhIRDpe+zCOoxO3FlJJWWayhBUH0TQ==",
    "$2b$04$GENwJyAgnHwuIZb52gT6c.ePQYFCMuGcewWYyqkC/syimuMJHC2Um",
    "$argon2id$v=19$m=64,t=2,p=2$n2rNsopFL4gXBiOkH5qzMA$GHAz3LcE+FNm5eObMwKS5Y0WYydRFVCVS/qERZnKfoY",
    "$pbkdf2-sha256$1000$iLG21lorpbQ25rw3phSilA$BEjx2xX3.25ZagEHwEjINelGrSJQvvcQTbw.bWgXBIo",
    "$scrypt$ln=10,r=8,p=1$odS6F+Ico/SeEyLEWAvh3A$qHwcXotGOeRR5pyoRrEHNE0efBUjKJ/mM2zZ9ZpKkRY",
    "$bcrypt-sha256$2b,4$b5xeNX9cMj7ljnBhbz2lfu$gINr9.PZdOc4XXOh9kmk5ks42pJZX3y",
    "$bcrypt-sha256$2a,4$CdsaLpd/h6/r.rIFsK9acu$08db5DbLUVI6xQ/lK05JUOoWn9v31ze",
    "$bcrypt-sha256$v=2,t=2b,r=4$wh2WnO7Gciy1djHi5fkV9.$gKUwpx1eKBIcxG6/E91ArT87GyvNdcu",
    "$wp$2y$04$6xRJvOaELQ6SrXgXpq68geeC1QJU3aej/xbI6uWrf9esdsXE.p8V2",
    "$P$6IgzY7Fz/ba6eOCYuIbJuYazz/pdC/.",
    "$H$99otL6jAdvp5yZW.DogBFCMca0LxOE0",
    "$fbscrypt$v=1,n=10,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$5TX+CQIc4RBNWV2B6RQK/d2RHZRzy97OfsCnV/Zy4P80C3AUhjO1Wor2haPM8MBOWZnskJjjm5FndPYlSJ4E7Q==",
];

/// The hash that each of those packages makes by its defaults.
const DEFAULTS: [&str; 13] = [
    "scrypt:32768:8:1$vULQfANdRSCJkVib$a968960aa0af2a408f47ad3b8cf32609701bd8dc04d969b1e0d607c2c521e51c79624761d4ffb58ca9fedaa018fa0233697f15e214bb99dee364d87c8898d7db",
    "$argon2id$v=19$m=65536,t=3,p=4$GgEj3mITgDwH7ts1cbk6/g$YVGJCE4cPeTLGHB/fvfATiQW2jtDVi8lL/GE5cSMlLM",
    "$scrypt$ln=16,r=8,p=1$SOn9H4OQ0ppzDgGAMAaAUA$yAG/UBxVfru8J/IZkRPNOHIYVcOQlV54kPgs9loMZKA",
    "pbkdf2_sha256$1000000$0BbsRHIgw2vj56cSVptV3a$IWrbBzRwNVyXfYTod7Y0OEOX0eQ45FjizFvXBQHZHfE=",
    "bcrypt_sha256$$2b$12$uFR8JtRTiZvyeTSkc3qP.eCu5tWLNhllhEPJHW/12g6LVgVefTlN2",
    "argon2$argon2id$v=19$m=102400,t=2,p=8$QlU5MXVVcGdUSkl2aTVqREx5NGNlUQ$OtqsbQAZsCQ9sZ+1kXIf3/PaQ1Rs6mRGc2w9Onvqa8I",
    "scrypt$16384$HJOPLipVVaVh0F12xXaE8l$8$5$3mVNpWvCjdsLbBI14QSasO3E19+oaghL2PZeVgtKQve7iDJx9iYDeG+ErwmUAI06PnUYSBXubVKZY2AZkGGQww==",
    "$2y$10$xEk/DvVvIf2An/Htmp9zQegf4CFiOYqkyngs0GIol1yZ02a9fbXZO",
    "$bcrypt-sha256$v=2,t=2b,r=12$Ki9dtsX.eEmOG3PrEtNZoe$ivihcvXRUSStw287L71.y/oJDsmy4GK",
    "$wp$2y$10$f5r8bmptcVJ2HDYp490KoOgXeXuYM.3U6arU2R8x18QvxVjiVT8xe",
    "$P$H4BhubOENTJ7ZDqpG839gDAKw0aXTp0",
    "$P$BcxQdn.ivQLZ/CmXZrLBgCmqaJtYnp/",
    "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
];

fn password(text: &str) -> Password {
    Password::parse(text).unwrap()
}

fn verifies(hash: &str, text: &str) -> bool {
    LegacyVerifier::parse(hash)
        .unwrap_or_else(|error| panic!("{hash}: {error}"))
        .verify(password(text).reveal().as_bytes(), &mut Bench::new(HashParameters::for_tests()))
}

fn error(hash: &str) -> String {
    format!("{:?}", LegacyVerifier::parse(hash).unwrap_err())
}

#[test]
fn the_right_password_of_every_scheme_verifies_and_others_do_not() {
    for (hashes, right) in [(&OF_ASCII[..], ASCII), (&OF_BEYOND[..], BEYOND)] {
        for hash in hashes {
            assert!(verifies(hash, right), "{hash}");
            assert!(!verifies(hash, &format!("{right} ")), "{hash}");
            assert!(!verifies(hash, &right[1..]), "{hash}");
        }
    }
}

#[test]
fn the_phc_form_of_pbkdf2_is_read_with_and_without_a_length() {
    let phc = OF_ASCII[17].replace("1000", "i=1000").replace('.', "+");

    assert!(verifies(&phc, ASCII));
    assert!(verifies(&phc.replace("i=1000", "i=1000,l=32"), ASCII));
    assert_eq!(error(&phc.replace("i=1000", "i=1000,l=31")), "Malformed");
}

#[test]
fn bcrypt_of_php_is_the_same() {
    assert!(verifies(&OF_ASCII[12].replace("$2b$", "$2y$"), ASCII));
}

#[test]
fn bcrypt_knows_the_first_72_bytes() {
    let hash = "$2b$04$IMibhvcy5E7pObJTlYw9Z.ZSMqeIiV7jt/yJuR62x.lmXlbr3fWp2";
    let long = "0123456789".repeat(8);

    assert!(verifies(hash, &long));
    assert!(verifies(hash, &long[..72]));
    assert!(!verifies(hash, &long[..71]));
}

#[test]
fn the_vector_that_firebase_publishes_verifies_in_every_spelling_of_base64() {
    let vector = DEFAULTS[12];
    let safe = vector.replace('+', "-").replace('/', "_");

    for hash in [vector, &safe, &vector.replace("==", ""), &safe.replace("==", "")] {
        assert!(verifies(hash, "user1password"), "{hash}");
    }
    assert!(!verifies(vector, "user1passwore"));
}

#[test]
fn firebase_knows_no_separator_where_a_project_has_none() {
    let separator = "ss=Bw==";
    // The byte moves from the separator of the project to the salt of the account.
    let hash = OF_ASCII[26].replace(separator, "ss=").replace("$42xEC+ixf3L2lw==$", "$42xEC+ixf3L2lwc=$");

    assert!(hash.contains("ss=,"));
    assert!(verifies(&hash, ASCII));
}

#[test]
fn the_defaults_of_every_package_are_affordable() {
    for hash in DEFAULTS {
        assert!(LegacyVerifier::parse_for_import(hash).is_ok(), "{hash}");
    }
}

#[test]
fn hostile_costs_are_refused() {
    let [scrypt, passlib, pbkdf2] = [DEFAULTS[0], DEFAULTS[2], DEFAULTS[3]];
    let [argon2, bcrypt, django] = [DEFAULTS[1], OF_ASCII[12], DEFAULTS[6]];

    for (hash, from, to) in [
        (scrypt, "32768:8:1", "262144:8:1"),
        (scrypt, "32768:8:1", "32768:8:17"),
        (scrypt, "32768:8:1", "2147483648:4294967295:4294967295"),
        (scrypt, "32768:8:1", "32768:99999999999:1"),
        (passlib, "ln=16", "ln=63"),
        (passlib, "ln=16", "ln=64"),
        (passlib, "ln=16", "ln=4294967295"),
        (django, "$8$5$", "$8$1000000$"),
        (pbkdf2, "1000000", "5000001"),
        (pbkdf2, "1000000", "99999999999999999999"),
        (argon2, "m=65536", "m=131073"),
        (argon2, "m=65536", "m=4294967295"),
        (argon2, "t=3", "t=17"),
        (argon2, "p=4", "p=17"),
        (bcrypt, "$04$", "$16$"),
        (bcrypt, "$04$", "$99$"),
        (OF_ASCII[20], ",4$", ",16$"),
        (OF_ASCII[22], "r=4", "r=4294967296"),
        (OF_ASCII[24], "$P$6", "$P$L"),
        (OF_ASCII[24], "$P$6", "$P$z"),
        (OF_ASCII[26], "n=10,r=8", "n=18,r=8"),
        (OF_ASCII[26], "n=10,r=8", "n=10,r=4294967296"),
    ] {
        assert_eq!(error(&hash.replacen(from, to, 1)), "CostTooHigh", "{to}");
    }
}

#[test]
fn no_hash_is_imported_that_makes_every_wrong_password_take_long() {
    let [scrypt, argon2, pbkdf2, django] = [DEFAULTS[0], DEFAULTS[1], DEFAULTS[3], DEFAULTS[6]];
    let bcrypt = DEFAULTS[7];

    for (hash, from, most, more) in [
        (bcrypt, "$10$", "$13$", "$14$"),
        (OF_ASCII[20], ",4$", ",13$", ",14$"),
        (scrypt, "32768:8:1", "65536:8:3", "65536:8:4"),
        (django, "$8$5$", "$8$14$", "$8$15$"),
        (pbkdf2, "1000000", "3300000", "3400000"),
        (argon2, "m=65536,t=3", "m=131072,t=7", "m=131072,t=8"),
    ] {
        assert!(LegacyVerifier::parse_for_import(&hash.replacen(from, most, 1)).is_ok(), "{most}");
        let more = LegacyVerifier::parse_for_import(&hash.replacen(from, more, 1));
        assert!(matches!(more, Err(LegacyError::TooDear { .. })), "{more:?}");
    }
    let fault = LegacyVerifier::parse_for_import(&bcrypt.replace("$10$", "$15$")).unwrap_err().to_string();
    assert_eq!(
        fault,
        "with it every wrong password would take some 2588 ms of a core longer (bcrypt:15), and at most 700 ms are allowed"
    );
}

#[test]
fn hashes_that_cost_next_to_nothing_are_refused() {
    for (hash, from, to) in [
        (DEFAULTS[0], "32768:8:1", "512:8:1"),
        (DEFAULTS[2], "ln=16", "ln=9"),
        (DEFAULTS[3], "1000000", "999"),
        (DEFAULTS[1], "m=65536", "m=31"),
        (OF_ASCII[12], "$04$", "$03$"),
        (OF_ASCII[24], "$P$6", "$P$4"),
        (OF_ASCII[26], "n=10", "n=9"),
    ] {
        assert_eq!(error(&hash.replacen(from, to, 1)), "CostTooLow", "{to}");
    }
}

#[test]
fn schemes_that_are_not_known_are_refused() {
    for hash in [
        "",
        "correct horse battery staple",
        "$1$salt$hash",
        "$2x$04$kAU8iMZHfspsLSyPDxFz3.OVU//jKux2CjPic5p7evqHX75Srwusi",
        "$5$rounds=5000$salt$hash",
        "$argon2d$v=19$m=64,t=2,p=2$JOJ+tKLHPD2xe2J02F4evQ$bEp2wRmfk5OLSiV9YEXr2v/qoYLkiXbER11QLkPeAOU",
        "md5$salt$hash",
        "sha256$salt$hash",
        "pbkdf2:md5:1000$salt$00112233445566778899aabbccddeeff",
        "!unusable",
        "$legacy$keyid=AAAAAQ$AAAA",
    ] {
        assert_eq!(error(hash), "UnknownScheme", "{hash}");
    }
}

#[test]
fn no_other_spelling_is_read() {
    let [werkzeug, argon2, bcrypt, passlib, django] =
        [OF_ASCII[2], OF_ASCII[13], OF_ASCII[12], OF_ASCII[17], OF_ASCII[10]];

    for (hash, from, to) in [
        (werkzeug, "1000", "+1000"),
        (werkzeug, "1000", "01000"),
        (werkzeug, "1000", ""),
        (werkzeug, "$uM736s9IaTgCXv5b$", "$$"),
        (werkzeug, "dc52", "DC52"),
        (werkzeug, "dc52", "dc5"),
        (werkzeug, "dc52", "dc5g"),
        (werkzeug, "$dc52a36de4e052718679c199e23be723fba8051c4599bf21f506e2b854fa6405", "$dc52a36de4e05271"),
        (argon2, "v=19", "v=18"),
        (argon2, "m=64,t=2", "t=2,m=64"),
        (argon2, "p=2", "p=2,keyid=AAAA"),
        (argon2, "$JOJ+tKLHPD2xe2J02F4evQ", "$JOJ+tKI"),
        (argon2, "AOU", "AOU="),
        (bcrypt, "$04$", "$4$"),
        (bcrypt, "$04$", "$+4$"),
        (bcrypt, "de", "d"),
        (bcrypt, "de", "dee"),
        (bcrypt, "N2TN", "N2é"),
        (passlib, "$1000$", "$i=$"),
        (passlib, "nCoM", "nCoM$"),
        (django, "$1024$", "$1000$"),
        (django, "KA==", "KA"),
        (OF_ASCII[20], "2b", "2x"),
        (OF_ASCII[20], "2b,4", "2b,04"),
        (OF_ASCII[20], "2b,4", "4"),
        (OF_ASCII[22], "v=2", "v=3"),
        (OF_ASCII[22], "t=2b,r=4", "r=4,t=2b"),
        (OF_ASCII[22], "ME/S", "ME/"),
        (OF_ASCII[23], "xe", "x"),
        (OF_ASCII[26], "v=1", "v=2"),
        (OF_ASCII[26], ",p=1", ""),
        (OF_ASCII[26], ",ss=Bw==", ""),
        (OF_ASCII[26], "sk=jxsp", "sk="),
        (OF_ASCII[26], "sk=jxsp", "sk=jx-/"),
        (OF_ASCII[26], "$42xEC+ixf3L2lw==$", "$$"),
        (OF_ASCII[26], "quQ==", "quQ==="),
        (OF_ASCII[24], "fz.", "fz"),
        (OF_ASCII[24], "fz.", "fz.."),
        (OF_ASCII[24], "fz.", "fz2"),
        (OF_ASCII[24], "$P$6", "$P$-"),
        (OF_ASCII[24], "$P$6ta0nfofcyYB0ka1zvcdu5XpoE8gfz.", "$P$é"),
    ] {
        let changed = hash.replacen(from, to, 1);
        assert_ne!(changed, hash);
        assert_eq!(error(&changed), "Malformed", "{changed}");
    }
    assert_eq!(error(&format!("$2b${}", "a".repeat(1_000_000))), "Malformed");
}

fn hasher(fixture: &Fixture) -> Argon2Hasher {
    Argon2Hasher::start(fixture.keyring.clone(), fixture.random.clone(), HashParameters::for_tests()).unwrap()
}

fn import(keyring: &Keyring) -> PasswordVerifier {
    import_verifier(keyring, ADA, OF_ASCII[2]).unwrap()
}

async fn check(hasher: &Argon2Hasher, text: &str, user: UserId, verifier: PasswordVerifier) -> PasswordCheck {
    hasher.verify(&password(text), Some((user, verifier))).await.unwrap()
}

#[tokio::test]
async fn an_imported_verifier_is_right_but_stale_and_shows_nothing_of_the_old_hash() {
    let fixture = Fixture::new(vec![epoch(1, 0)]);
    let hasher = hasher(&fixture);

    let verifier = import(&fixture.keyring);

    assert!(verifier.as_str().starts_with("$legacy$pbkdf2-sha256:1000$keyid=AAAAAQ$"));
    assert!(!verifier.as_str().contains("uM736s9IaTgCXv5b") && !verifier.as_str().contains("dc52a36d"));
    assert_eq!(check(&hasher, ASCII, ADA, verifier.clone()).await, PasswordCheck::RightButStale);
    assert_eq!(check(&hasher, BEYOND, ADA, verifier.clone()).await, PasswordCheck::Wrong);
    assert_eq!(check(&hasher, ASCII, BOB, verifier).await, PasswordCheck::Wrong);
}

#[tokio::test]
async fn every_imported_scheme_is_checked_by_the_hasher() {
    let fixture = Fixture::new(vec![epoch(1, 0)]);
    let hasher = hasher(&fixture);

    for hash in OF_ASCII {
        let verifier = import_verifier(&fixture.keyring, ADA, hash).unwrap();
        assert_eq!(check(&hasher, ASCII, ADA, verifier).await, PasswordCheck::RightButStale, "{hash}");
    }
}

#[tokio::test]
async fn a_hash_of_a_password_that_was_not_normalised_fits_what_is_typed_so() {
    let fixture = Fixture::new(vec![epoch(1, 0)]);
    let hasher = hasher(&fixture);
    let combining = "pa\u{308}sswo\u{308}rd-\u{3a9}-9";

    for hash in [
        "$2b$04$1cSLIAbE5FPUluJLXjs1JOpPAvAd/5nlcNGb39PkQeqP4v.JuYdOK",
        "$bcrypt-sha256$v=2,t=2b,r=4$uFxB8apSZoNP4aYBoPDJwO$BTJvhSCKoBAXR5.SWXtdJE0LwArP5gW",
    ] {
        let verifier = import_verifier(&fixture.keyring, ADA, hash).unwrap();
        assert_eq!(check(&hasher, combining, ADA, verifier.clone()).await, PasswordCheck::RightButStale, "{hash}");
        assert_eq!(check(&hasher, BEYOND, ADA, verifier).await, PasswordCheck::Wrong, "{hash}");
    }
    // Where the other system normalised, too, every spelling fits.
    let normalised = import_verifier(&fixture.keyring, ADA, OF_BEYOND[5]).unwrap();
    assert_eq!(check(&hasher, combining, ADA, normalised).await, PasswordCheck::RightButStale);
}

#[tokio::test]
async fn an_old_hash_that_was_not_sealed_here_lets_nobody_in() {
    let fixture = Fixture::new(vec![retired(1, 100), epoch(2, 50)]);
    let hasher = hasher(&fixture);
    let verifier = import(&fixture.keyring);
    let changed = verifier.as_str().replace("AAAAAQ", "AAAAAg");

    for text in [OF_ASCII[2].to_owned(), format!("$legacy${}", OF_ASCII[2]), changed] {
        assert_eq!(check(&hasher, ASCII, ADA, PasswordVerifier::from_text(text)).await, PasswordCheck::Wrong);
    }
    fixture.clock.set(100);
    assert_eq!(check(&hasher, ASCII, ADA, verifier).await, PasswordCheck::Wrong);
}

#[test]
fn what_cannot_be_read_is_not_imported() {
    let keyring = Fixture::new(vec![epoch(1, 0)]).keyring;

    assert!(matches!(import_verifier(&keyring, ADA, "$1$salt$hash"), Err(LegacyError::UnknownScheme)));
    assert_eq!(format!("{:?}", LegacyVerifier::parse(OF_ASCII[0]).unwrap()), "[redacted]");
}
