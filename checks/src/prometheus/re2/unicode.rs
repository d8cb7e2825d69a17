//! Where Unicode decides, the edition matters: Go's tables are those of the server's build, ours are the crate's.

/// What a property is to Go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Property {
    /// All characters.
    Any,
    /// Known to all builds; as the crate names it.
    Known(String),
    /// Known to some builds.
    Unsure,
    /// Known to none.
    Unknown,
}

/// Categories that all builds know. `C` stands for more in Unicode than in Go, where it leaves out what is unassigned;
/// such characters are not [`settled`].
const CATEGORIES: &[&str] = &[
    "C", "Cc", "Cf", "Co", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd",
    "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// Scripts that are in Unicode 13, the oldest that builds in use have.
#[rustfmt::skip]
const SCRIPTS: &[&str] = &[
    "Adlam", "Ahom", "Anatolian_Hieroglyphs", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum", "Bassa_Vah", "Batak",
    "Bengali", "Bhaiksuki", "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid", "Canadian_Aboriginal", "Carian",
    "Caucasian_Albanian", "Chakma", "Cham", "Cherokee", "Chorasmian", "Common", "Coptic", "Cuneiform", "Cypriot",
    "Cyrillic", "Deseret", "Devanagari", "Dives_Akuru", "Dogra", "Duployan", "Egyptian_Hieroglyphs", "Elbasan", "Elymaic",
    "Ethiopic", "Georgian", "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati", "Gunjala_Gondi", "Gurmukhi", "Han",
    "Hangul", "Hanifi_Rohingya", "Hanunoo", "Hatran", "Hebrew", "Hiragana", "Imperial_Aramaic", "Inherited",
    "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese", "Kaithi", "Kannada", "Katakana", "Kayah_Li",
    "Kharoshthi", "Khitan_Small_Script", "Khmer", "Khojki", "Khudawadi", "Lao", "Latin", "Lepcha", "Limbu", "Linear_A",
    "Linear_B", "Lisu", "Lycian", "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic", "Manichaean", "Marchen",
    "Masaram_Gondi", "Medefaidrin", "Meetei_Mayek", "Mende_Kikakui", "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Miao",
    "Modi", "Mongolian", "Mro", "Multani", "Myanmar", "Nabataean", "Nandinagari", "New_Tai_Lue", "Newa", "Nko", "Nushu",
    "Nyiakeng_Puachue_Hmong", "Ogham", "Ol_Chiki", "Old_Hungarian", "Old_Italic", "Old_North_Arabian", "Old_Permic",
    "Old_Persian", "Old_Sogdian", "Old_South_Arabian", "Old_Turkic", "Oriya", "Osage", "Osmanya", "Pahawh_Hmong",
    "Palmyrene", "Pau_Cin_Hau", "Phags_Pa", "Phoenician", "Psalter_Pahlavi", "Rejang", "Runic", "Samaritan", "Saurashtra",
    "Sharada", "Shavian", "Siddham", "SignWriting", "Sinhala", "Sogdian", "Sora_Sompeng", "Soyombo", "Sundanese",
    "Syloti_Nagri", "Syriac", "Tagalog", "Tagbanwa", "Tai_Le", "Tai_Tham", "Tai_Viet", "Takri", "Tamil", "Tangut", "Telugu",
    "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta", "Ugaritic", "Vai", "Wancho", "Warang_Citi", "Yezidi", "Yi",
    "Zanabazar_Square",
];

/// Looks up the name of a property. Newer builds take more spellings and aliases, made of letters and separators.
pub(super) fn property(name: &str) -> Property {
    if name == "Any" {
        Property::Any
    } else if CATEGORIES.contains(&name) {
        Property::Known(format!("gc={name}"))
    } else if SCRIPTS.contains(&name) {
        Property::Known(format!("sc={name}"))
    } else if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || "_- ".contains(c)) {
        Property::Unsure
    } else {
        Property::Unknown
    }
}

/// Blocks whose characters kept category, script and case from Unicode 13 on, with the exceptions below.
const SETTLED: &[(u32, u32)] = &[
    (0, 0x377), // Latin, Greek; then Cyrillic, Hebrew, Arabic
    (0x3a3, 0x52f),
    (0x384, 0x38a),
    (0x38c, 0x38c),
    (0x38e, 0x3a1),
    (0x5d0, 0x5ea),
    (0x620, 0x6ff),
    (0x1e00, 0x1eff),
    (0x2000, 0x2064),
    (0x20a0, 0x20bf),
    (0x2100, 0x218b),
    (0x3041, 0x3096),
    (0x30a1, 0x30fa),
    (0x4e00, 0x9fef),
    (0xac00, 0xd7a3),
    (0xfb00, 0xfb04),
    (0xff01, 0xff5e),
    (0xfffd, 0xfffd),
];

/// Characters that got another case later.
const MOVED: &[u32] = &[0x19b, 0x264, 0x390, 0x3b0];

/// Whether all editions of Unicode in question say the same of all characters of a text.
pub(crate) fn settled(text: &str) -> bool {
    let fixed = |c: char| {
        let code = c as u32;
        !MOVED.contains(&code) && SETTLED.iter().any(|&(low, high)| (low..=high).contains(&code))
    };
    text.is_ascii() || text.chars().all(fixed)
}
