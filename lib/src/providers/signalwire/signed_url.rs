//! The spellings of our URL that may have been signed: with and without the scheme's default port,
//! and without the credentials of basic authentication, which call callbacks strip and message
//! callbacks keep.

/// The URL as it is configured, then its other spellings.
pub(super) fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Some((scheme, rest)) = url.split_once("://") else {
        return spellings;
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let default_port = if scheme.eq_ignore_ascii_case("http") {
        ":80"
    } else {
        ":443"
    };
    let bare = authority.rsplit_once('@').map(|(_, host)| host);
    for authority in bare.into_iter().chain([authority]) {
        let other = match (authority.strip_suffix(default_port), has_port(authority)) {
            (Some(host), _) => Some(host.to_owned()),
            (None, false) => Some(format!("{authority}{default_port}")),
            (None, true) => None,
        };
        for authority in std::iter::once(authority.to_owned()).chain(other) {
            let spelling = format!("{scheme}://{authority}{path}");
            if !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

/// The colons of an IPv6 address are inside brackets, those of credentials before an `@`.
fn has_port(authority: &str) -> bool {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.ends_with(']'))
}

/// The last value of a query parameter, as SignalWire's SDK reads it.
pub(super) fn query_parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1.as_bytes();
    let values = form_urlencoded::parse(query).filter(|(key, _)| key == name);
    values.map(|(_, value)| value.into_owned()).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_port_may_be_there_or_not() {
        assert_eq!(
            spellings("https://h.example/a?b"),
            ["https://h.example/a?b", "https://h.example:443/a?b"]
        );
        assert_eq!(
            spellings("https://h:443/a"),
            ["https://h:443/a", "https://h/a"]
        );
        assert_eq!(
            spellings("http://h/a:80"),
            ["http://h/a:80", "http://h:80/a:80"]
        );
        assert_eq!(spellings("https://h?a"), ["https://h?a", "https://h:443?a"]);
        assert_eq!(
            spellings("https://[::1]/a"),
            ["https://[::1]/a", "https://[::1]:443/a"]
        );
    }

    #[test]
    fn a_port_of_ones_own_is_always_signed() {
        for url in [
            "https://h:8443/a",
            "http://h:443/a",
            "https://h:80/a",
            "https://[::1]:8443/a",
        ] {
            assert_eq!(spellings(url), [url]);
        }
    }

    #[test]
    fn credentials_may_be_stripped() {
        let expected = [
            "https://u:p@h/a",
            "https://h/a",
            "https://h:443/a",
            "https://u:p@h:443/a",
        ];
        assert_eq!(spellings("https://u:p@h/a"), expected);
        assert_eq!(
            spellings("https://h/a@b"),
            ["https://h/a@b", "https://h:443/a@b"]
        );
    }

    #[test]
    fn the_last_parameter_of_a_name_counts() {
        assert_eq!(
            query_parameter("https://h/a?x=1&y=2&x=%33", "x").as_deref(),
            Some("3")
        );
        assert_eq!(query_parameter("https://h/a", "x"), None);
    }
}
