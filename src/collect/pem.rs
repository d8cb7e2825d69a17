//! What a Secret's value is as PEM text: does it parse, and which public key belongs to it.

use prom_doctor_checks::world::PemFact;
use ring::digest::{SHA256, digest};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};

/// Reads PEM text. Certificate and key fit if their fingerprints are equal, which is all that Go compares, too.
///
/// As Go does, it passes over blocks that are damaged if a good one follows. Text with both a certificate and a key
/// is left alone: which of them counts depends on who reads it.
pub fn read_pem(text: &[u8]) -> PemFact {
    let Some(label) = first_label(text) else { return PemFact::None };
    let of_use = |kind: &SectionKind| *kind == SectionKind::Certificate || is_key(kind);
    let blocks: Vec<(SectionKind, Vec<u8>)> = <(SectionKind, Vec<u8>)>::pem_slice_iter(text)
        // An error in the text does not end the iterator, but it could go on for as long as the text does.
        .take(1000)
        .filter_map(Result::ok)
        .filter(|(kind, _)| of_use(kind))
        .collect();
    let mixed = blocks.iter().any(|(kind, _)| is_key(kind)) && blocks.iter().any(|(kind, _)| !is_key(kind));
    match blocks.into_iter().next() {
        _ if mixed => PemFact::Block(label),
        Some((SectionKind::Certificate, der)) => {
            public_key_of_certificate(&der).map_or(PemFact::Broken(label), |key| PemFact::Certificate(fingerprint(key)))
        }
        Some((kind, der)) => private_key(&kind, der, label),
        None if matches!(label.as_str(), "CERTIFICATE" | "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY") => {
            PemFact::Broken(label)
        }
        None => PemFact::Block(label),
    }
}

fn is_key(kind: &SectionKind) -> bool {
    matches!(kind, SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey)
}

fn first_label(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, _) = rest.split_once("-----")?;
    Some(label.to_owned())
}

fn private_key(kind: &SectionKind, der: Vec<u8>, label: String) -> PemFact {
    let whole = element(&der).is_some_and(|(tag, _, rest)| tag == SEQUENCE && rest.is_empty());
    let key: PrivateKeyDer<'static> = match kind {
        SectionKind::RsaPrivateKey => PrivatePkcs1KeyDer::from(der).into(),
        SectionKind::EcPrivateKey => PrivateSec1KeyDer::from(der).into(),
        _ => PrivatePkcs8KeyDer::from(der).into(),
    };
    let public = any_supported_type(&key).ok().and_then(|key| {
        let spki = key.public_key()?;
        public_key_bits(&spki).map(fingerprint)
    });
    match public {
        Some(fingerprint) => PemFact::PrivateKey(fingerprint),
        // Well-formed keys of kinds that our library does not know (P-521, short RSA) are not called broken.
        None if whole => PemFact::Block(label),
        None => PemFact::Broken(label),
    }
}

fn fingerprint(key: &[u8]) -> String {
    digest(&SHA256, key).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// The public key of a certificate, by the grammar of RFC 5280 as far as the key. A verifier's parser would refuse
/// certificates for reasons that do not matter here, such as version 1.
fn public_key_of_certificate(der: &[u8]) -> Option<&[u8]> {
    let (certificate, rest) = expect(SEQUENCE, der)?;
    let (body, signature) = expect(SEQUENCE, certificate)?;
    let (_, signature) = expect(SEQUENCE, signature)?;
    let (_, end) = expect(BIT_STRING, signature)?;
    if !rest.is_empty() || !end.is_empty() {
        return None;
    }
    let body = expect(VERSION, body).map_or(body, |(_, rest)| rest);
    let (_, body) = expect(INTEGER, body)?; // serial number
    let (_, body) = expect(SEQUENCE, body)?; // signature algorithm
    let (_, body) = expect(SEQUENCE, body)?; // issuer
    let (_, body) = expect(SEQUENCE, body)?; // validity
    let (_, body) = expect(SEQUENCE, body)?; // subject
    public_key_bits(body)
}

/// The key itself out of a SubjectPublicKeyInfo: its algorithm can be spelled in several ways.
fn public_key_bits(spki: &[u8]) -> Option<&[u8]> {
    let (info, _) = expect(SEQUENCE, spki)?;
    let (_, info) = expect(SEQUENCE, info)?;
    expect(BIT_STRING, info).map(|(bits, _)| bits)
}

fn expect(tag: u8, input: &[u8]) -> Option<(&[u8], &[u8])> {
    element(input).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The first DER element: tag, content, what follows.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate and its key, as PEM.
    fn pair() -> (String, String) {
        let pair = rcgen::generate_simple_self_signed(["shop.example.com".to_owned()]).unwrap();
        (pair.cert.pem(), pair.signing_key.serialize_pem())
    }

    fn print(fact: PemFact) -> String {
        match fact {
            PemFact::Certificate(print) | PemFact::PrivateKey(print) => print,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_pair_fits_and_a_foreign_key_does_not() {
        let ((certificate, key), (_, other)) = (pair(), pair());
        assert!(matches!(read_pem(certificate.as_bytes()), PemFact::Certificate(_)));
        assert!(matches!(read_pem(key.as_bytes()), PemFact::PrivateKey(_)));
        assert_eq!(print(read_pem(certificate.as_bytes())), print(read_pem(key.as_bytes())));
        assert_ne!(print(read_pem(certificate.as_bytes())), print(read_pem(other.as_bytes())));
    }

    #[test]
    fn damage_is_seen() {
        let (certificate, key) = pair();
        let cut = |pem: &str| {
            let lines: Vec<&str> = pem.lines().collect();
            [&lines[..2], &lines[lines.len() - 1..]].concat().join("\n")
        };
        assert_eq!(read_pem(cut(&certificate).as_bytes()), PemFact::Broken("CERTIFICATE".to_owned()));
        assert_eq!(read_pem(cut(&key).as_bytes()), PemFact::Broken("PRIVATE KEY".to_owned()));
        let letters = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
        assert_eq!(read_pem(letters.as_bytes()), PemFact::Broken("CERTIFICATE".to_owned()));
        let open = certificate.replace("-----END CERTIFICATE-----", "");
        assert_eq!(read_pem(open.as_bytes()), PemFact::Broken("CERTIFICATE".to_owned()));
    }

    #[test]
    fn what_we_cannot_judge_is_left_alone() {
        let (certificate, key) = pair();
        assert_eq!(read_pem(b"hello"), PemFact::None);
        assert_eq!(read_pem(format!("{key}{certificate}").as_bytes()), PemFact::Block("PRIVATE KEY".to_owned()));
        let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert_eq!(read_pem(locked.as_bytes()), PemFact::Block("ENCRYPTED PRIVATE KEY".to_owned()));
        // OpenSSL writes the curve before the key.
        let curve = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        assert!(matches!(read_pem(format!("{curve}{key}").as_bytes()), PemFact::PrivateKey(_)));
    }
}
