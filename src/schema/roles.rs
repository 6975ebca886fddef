//! Columns that say which rows belong together.

/// The names of the columns that say which rows belong together. Without a name, the usual one is looked up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    /// The attack of each row, missing for normal rows.
    pub attack: Option<String>,
    /// The account that acts.
    pub user: Option<String>,
    /// The host.
    pub host: Option<String>,
}

const ATTACK: &[&str] = &["attack_id"];
const USER: &[&str] = &["user_hash", "actor_user_hash", "user"];
const HOST: &[&str] = &["host"];

impl Roles {
    /// The column of the attacks among these names.
    pub fn attack_in<'a>(&self, names: &'a [String]) -> Option<&'a String> {
        find(&self.attack, ATTACK, names)
    }

    /// The column of the accounts among these names.
    pub fn user_in<'a>(&self, names: &'a [String]) -> Option<&'a String> {
        find(&self.user, USER, names)
    }

    /// The column of the hosts among these names.
    pub fn host_in<'a>(&self, names: &'a [String]) -> Option<&'a String> {
        find(&self.host, HOST, names)
    }
}

fn find<'a>(own: &Option<String>, usual: &[&str], names: &'a [String]) -> Option<&'a String> {
    match own {
        Some(own) => names.iter().find(|name| *name == own),
        None => usual.iter().find_map(|usual| names.iter().find(|name| name == usual)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_the_schema_replaces_the_usual_one() {
        let names = ["host".to_owned(), "user_hash".to_owned(), "who".to_owned()];
        let roles = Roles { user: Some("who".to_owned()), ..Roles::default() };
        assert_eq!(roles.user_in(&names).unwrap(), "who");
        assert_eq!(Roles::default().user_in(&names).unwrap(), "user_hash");
        assert_eq!(roles.host_in(&names).unwrap(), "host");
        assert_eq!(roles.attack_in(&names), None);
    }
}
