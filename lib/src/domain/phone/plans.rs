//! The numbering plans of the world: the country of each calling code, the prefix of national
//! numbers and their lengths.
//!
//! Lengths are those of usual lines and mobiles; short codes and other special numbers are not in them.

/// How the numbers behind one calling code are written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) code: u16,
    /// The countries that share it, by their ISO 3166 codes.
    regions: &'static str,
    /// The trunk prefix: what is dialled before a national number, and is no part of it.
    pub(super) trunk: &'static str,
    shortest: usize,
    /// How many digits a national number has at most.
    pub(super) longest: usize,
}

const fn plan(
    code: u16,
    regions: &'static str,
    trunk: &'static str,
    shortest: usize,
    longest: usize,
) -> Plan {
    Plan {
        code,
        regions,
        trunk,
        shortest,
        longest,
    }
}

/// North America's: the plan of national numbers of unknown origin.
pub(super) const NORTH_AMERICA: u16 = 1;

/// Where a national number may begin with a zero that belongs to it. Everywhere else a zero after the
/// calling code is a trunk prefix: `+44 (0)20 7946 0958`.
const ZERO_BELONGS: [u16; 11] = [39, 225, 226, 229, 241, 242, 250, 378, 379, 881, 992];

/// What is dialled to call abroad where that is not `00`, which is read everywhere.
const ABROAD: [(u16, &[&str]); 27] = [
    (1, &["011"]),
    (7, &["810"]),
    (53, &["119"]),
    (55, &["0014", "0015", "0021", "0031", "0041"]),
    (57, &["005", "007", "009"]),
    (61, &["0011"]),
    (62, &["001", "007", "008", "009"]),
    (65, &["000", "001", "002", "008", "018", "020"]),
    (66, &["001", "004", "005", "006", "007", "008", "009"]),
    (81, &["010"]),
    (82, &["00700", "001", "002", "005", "008"]),
    (234, &["009"]),
    (254, &["000"]),
    (255, &["000", "005", "006"]),
    (256, &["000", "005", "007"]),
    (358, &["990", "994", "999"]),
    (375, &["810"]),
    (592, &["001"]),
    (680, &["011", "012"]),
    (692, &["011"]),
    (852, &["001"]),
    (855, &["001", "004", "005", "006", "007", "008", "009"]),
    (886, &["002", "005", "006", "007", "009"]),
    (
        972,
        &["012", "013", "014", "015", "016", "017", "018", "019"],
    ),
    (976, &["001"]),
    (992, &["810"]),
    (993, &["810"]),
];

impl Plan {
    /// The plan of a country, by its ISO 3166 code in upper case, and that code.
    pub(super) fn of_region(region: &str) -> Option<(&'static Self, &'static str)> {
        PLANS.iter().find_map(|plan| {
            let named = plan
                .regions
                .split(' ')
                .find(|code| *code == region && !code.is_empty())?;
            Some((plan, named))
        })
    }

    pub(super) fn of_code(code: u16) -> Option<&'static Self> {
        PLANS.iter().find(|plan| plan.code == code)
    }

    /// The plan that international digits belong to, and the digits after its code. No code is the
    /// beginning of another.
    pub(super) fn of_digits(digits: &str) -> Option<(&'static Self, &str)> {
        (1..=3).find_map(|length| {
            let (code, rest) = digits.split_at_checked(length)?;
            Some((
                Self::of_code(code.parse().ok().filter(|_| !code.starts_with('0'))?)?,
                rest,
            ))
        })
    }

    /// What is dialled to call abroad, the longest first.
    pub(super) fn abroad(&self) -> impl Iterator<Item = &'static str> {
        let own = ABROAD
            .iter()
            .find(|(code, _)| *code == self.code)
            .map_or(&[][..], |(_, own)| own);
        own.iter().copied().chain(["00"])
    }

    /// Whether these digits can be a national number: neither too many nor too few, and without a
    /// trunk prefix.
    pub(super) fn is_national(&self, digits: &str) -> bool {
        let begins_well = match digits.bytes().next() {
            Some(b'0') => self.keeps_zero(),
            Some(b'1') => self.code != NORTH_AMERICA,
            _ => true,
        };
        begins_well && (self.shortest..=self.longest).contains(&digits.len())
    }

    /// Whether national numbers may begin with a zero.
    pub(super) fn keeps_zero(&self) -> bool {
        ZERO_BELONGS.contains(&self.code)
    }
}

/// By calling code: the countries, the trunk prefix, and how many digits national numbers have.
#[rustfmt::skip]
const PLANS: [Plan; 215] = [
    plan(1, "US AG AI AS BB BM BS CA DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI", "1", 10, 10),
    plan(7, "RU KZ", "8", 10, 10), plan(20, "EG", "0", 8, 10), plan(27, "ZA", "0", 9, 9),
    plan(30, "GR", "", 10, 10), plan(31, "NL", "0", 9, 9), plan(32, "BE", "0", 8, 9),
    plan(33, "FR", "0", 9, 9), plan(34, "ES", "", 9, 9), plan(36, "HU", "06", 8, 9),
    plan(39, "IT VA", "", 8, 11), plan(40, "RO", "0", 9, 9), plan(41, "CH", "0", 9, 9),
    plan(43, "AT", "0", 7, 13), plan(44, "GB GG IM JE", "0", 9, 10), plan(45, "DK", "", 8, 8),
    plan(46, "SE", "0", 7, 9), plan(47, "NO SJ", "", 8, 8), plan(48, "PL", "", 9, 9),
    plan(49, "DE", "0", 6, 12), plan(51, "PE", "0", 8, 9), plan(52, "MX", "", 10, 10),
    plan(53, "CU", "0", 8, 10), plan(54, "AR", "0", 10, 11), plan(55, "BR", "0", 10, 11),
    plan(56, "CL", "", 9, 9), plan(57, "CO", "0", 10, 10), plan(58, "VE", "0", 10, 10),
    plan(60, "MY", "0", 8, 10), plan(61, "AU CC CX", "0", 9, 9), plan(62, "ID", "0", 8, 12),
    plan(63, "PH", "0", 8, 10), plan(64, "NZ", "0", 8, 10), plan(65, "SG", "", 8, 8),
    plan(66, "TH", "0", 8, 9), plan(81, "JP", "0", 9, 10), plan(82, "KR", "0", 8, 10),
    plan(84, "VN", "0", 9, 10), plan(86, "CN", "0", 10, 11), plan(90, "TR", "0", 10, 10),
    plan(91, "IN", "0", 10, 10), plan(92, "PK", "0", 9, 10), plan(93, "AF", "0", 9, 9),
    plan(94, "LK", "0", 9, 9), plan(95, "MM", "0", 7, 10), plan(98, "IR", "0", 10, 10),
    plan(211, "SS", "0", 9, 9), plan(212, "MA EH", "0", 9, 9), plan(213, "DZ", "0", 8, 9),
    plan(216, "TN", "", 8, 8), plan(218, "LY", "0", 9, 9), plan(220, "GM", "", 7, 9),
    plan(221, "SN", "", 9, 9), plan(222, "MR", "", 8, 8), plan(223, "ML", "", 8, 8),
    plan(224, "GN", "", 8, 9), plan(225, "CI", "", 10, 10), plan(226, "BF", "", 8, 8),
    plan(227, "NE", "", 8, 8), plan(228, "TG", "", 8, 8), plan(229, "BJ", "", 10, 10),
    plan(230, "MU", "", 7, 8), plan(231, "LR", "0", 7, 9), plan(232, "SL", "0", 8, 8),
    plan(233, "GH", "0", 9, 9), plan(234, "NG", "0", 10, 10), plan(235, "TD", "", 8, 8),
    plan(236, "CF", "", 8, 8), plan(237, "CM", "", 9, 9), plan(238, "CV", "", 7, 7),
    plan(239, "ST", "", 7, 7), plan(240, "GQ", "", 9, 9), plan(241, "GA", "", 7, 8),
    plan(242, "CG", "", 9, 9), plan(243, "CD", "0", 7, 9), plan(244, "AO", "", 9, 9),
    plan(245, "GW", "", 9, 9), plan(246, "IO", "", 7, 7), plan(247, "AC", "", 5, 5),
    plan(248, "SC", "", 7, 7), plan(249, "SD", "0", 9, 9), plan(250, "RW", "0", 8, 9),
    plan(251, "ET", "0", 9, 9), plan(252, "SO", "0", 7, 9), plan(253, "DJ", "", 8, 8),
    plan(254, "KE", "0", 7, 9), plan(255, "TZ", "0", 9, 9), plan(256, "UG", "0", 9, 9),
    plan(257, "BI", "", 8, 8), plan(258, "MZ", "", 8, 9), plan(260, "ZM", "0", 9, 9),
    plan(261, "MG", "0", 9, 9), plan(262, "RE YT", "0", 9, 9), plan(263, "ZW", "0", 9, 9),
    plan(264, "NA", "0", 8, 9), plan(265, "MW", "0", 7, 9), plan(266, "LS", "", 8, 8),
    plan(267, "BW", "", 7, 8), plan(268, "SZ", "", 8, 8), plan(269, "KM", "", 7, 7),
    plan(290, "SH TA", "", 4, 5), plan(291, "ER", "0", 7, 7), plan(297, "AW", "", 7, 7),
    plan(298, "FO", "", 6, 6), plan(299, "GL", "", 6, 6), plan(350, "GI", "", 8, 8),
    plan(351, "PT", "", 9, 9), plan(352, "LU", "", 5, 11), plan(353, "IE", "0", 7, 9),
    plan(354, "IS", "", 7, 9), plan(355, "AL", "0", 8, 9), plan(356, "MT", "", 8, 8),
    plan(357, "CY", "", 8, 8), plan(358, "FI AX", "0", 6, 10), plan(359, "BG", "0", 7, 9),
    plan(370, "LT", "0", 8, 8), plan(371, "LV", "", 8, 8), plan(372, "EE", "", 7, 8),
    plan(373, "MD", "0", 8, 8), plan(374, "AM", "0", 8, 8), plan(375, "BY", "8", 9, 9),
    plan(376, "AD", "", 6, 9), plan(377, "MC", "0", 8, 9), plan(378, "SM", "", 8, 10),
    plan(380, "UA", "0", 9, 9), plan(381, "RS", "0", 8, 10), plan(382, "ME", "0", 8, 8),
    plan(383, "XK", "0", 8, 9), plan(385, "HR", "0", 8, 9), plan(386, "SI", "0", 8, 8),
    plan(387, "BA", "0", 8, 9), plan(389, "MK", "0", 8, 8), plan(420, "CZ", "", 9, 9),
    plan(421, "SK", "0", 9, 9), plan(423, "LI", "0", 7, 9), plan(500, "FK", "", 5, 5),
    plan(501, "BZ", "", 7, 7), plan(502, "GT", "", 8, 8), plan(503, "SV", "", 8, 8),
    plan(504, "HN", "", 8, 8), plan(505, "NI", "", 8, 8), plan(506, "CR", "", 8, 8),
    plan(507, "PA", "", 7, 8), plan(508, "PM", "0", 6, 9), plan(509, "HT", "", 8, 8),
    plan(590, "GP BL MF", "0", 9, 9), plan(591, "BO", "0", 8, 8), plan(592, "GY", "", 7, 7),
    plan(593, "EC", "0", 8, 9), plan(594, "GF", "0", 9, 9), plan(595, "PY", "0", 7, 9),
    plan(596, "MQ", "0", 9, 9), plan(597, "SR", "", 6, 7), plan(598, "UY", "0", 8, 8),
    plan(599, "CW BQ", "", 7, 8), plan(670, "TL", "", 7, 8), plan(672, "NF", "", 6, 6),
    plan(673, "BN", "", 7, 7), plan(674, "NR", "", 7, 7), plan(675, "PG", "", 7, 8),
    plan(676, "TO", "", 5, 7), plan(677, "SB", "", 5, 7), plan(678, "VU", "", 5, 7),
    plan(679, "FJ", "", 7, 7), plan(680, "PW", "", 7, 7), plan(681, "WF", "", 6, 6),
    plan(682, "CK", "", 5, 5), plan(683, "NU", "", 4, 7), plan(685, "WS", "", 5, 10),
    plan(686, "KI", "0", 5, 8), plan(687, "NC", "", 6, 6), plan(688, "TV", "", 5, 7),
    plan(689, "PF", "", 8, 8), plan(690, "TK", "", 4, 7), plan(691, "FM", "", 7, 7),
    plan(692, "MH", "1", 7, 7), plan(800, "", "", 8, 8), plan(808, "", "", 8, 8),
    plan(850, "KP", "0", 8, 10), plan(852, "HK", "", 8, 8), plan(853, "MO", "", 8, 8),
    plan(855, "KH", "0", 8, 9), plan(856, "LA", "0", 8, 10), plan(870, "", "", 9, 12),
    plan(878, "", "", 12, 12), plan(880, "BD", "0", 8, 10), plan(881, "", "", 9, 10),
    plan(882, "", "", 7, 12), plan(883, "", "", 8, 12), plan(886, "TW", "0", 8, 9),
    plan(888, "", "", 11, 11), plan(960, "MV", "", 7, 7), plan(961, "LB", "0", 7, 8),
    plan(962, "JO", "0", 8, 9), plan(963, "SY", "0", 8, 9), plan(964, "IQ", "0", 8, 10),
    plan(965, "KW", "", 8, 8), plan(966, "SA", "0", 9, 9), plan(967, "YE", "0", 7, 9),
    plan(968, "OM", "", 8, 8), plan(970, "PS", "0", 8, 9), plan(971, "AE", "0", 8, 9),
    plan(972, "IL", "0", 8, 9), plan(973, "BH", "", 8, 8), plan(974, "QA", "", 8, 8),
    plan(975, "BT", "", 7, 8), plan(976, "MN", "0", 8, 10), plan(977, "NP", "0", 8, 10),
    plan(979, "", "", 9, 9), plan(992, "TJ", "", 9, 9), plan(993, "TM", "8", 8, 8),
    plan(994, "AZ", "0", 9, 9), plan(995, "GE", "0", 9, 9), plan(996, "KG", "0", 9, 9),
    plan(998, "UZ", "", 9, 9),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_the_beginning_of_another_and_every_country_is_there_once() {
        let codes: Vec<String> = PLANS.iter().map(|plan| plan.code.to_string()).collect();
        for (place, code) in codes.iter().enumerate() {
            let clash = codes
                .iter()
                .enumerate()
                .find(|(other, it)| *other != place && it.starts_with(code));
            assert_eq!(clash, None, "{code}");
        }
        let mut regions: Vec<&str> = PLANS
            .iter()
            .flat_map(|plan| plan.regions.split(' '))
            .collect();
        regions.retain(|region| !region.is_empty());
        let all = regions.len();
        regions.sort_unstable();
        regions.dedup();
        assert_eq!((regions.len(), all), (245, 245));
        assert!(
            regions
                .iter()
                .all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()))
        );
    }

    #[test]
    fn every_plan_has_a_length_and_every_exception_a_plan() {
        assert!(
            PLANS
                .iter()
                .all(|plan| plan.shortest <= plan.longest && plan.longest <= 13)
        );
        assert!(
            ABROAD
                .iter()
                .all(|(code, _)| Plan::of_code(*code).is_some())
        );
        // +379 is the Vatican's, which uses Italy's.
        assert!(
            ZERO_BELONGS
                .iter()
                .all(|code| *code == 379 || Plan::of_code(*code).is_some())
        );
    }
}
