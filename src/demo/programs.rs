//! The programs on the machines of an office, with realistic frequencies.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::command::fill;
use super::recorder::{Recorder, Start, Visit};

/// A program, its parent, and the template of its command line.
pub(super) struct Program {
    /// How often it starts, relative to the others in its list.
    weight: u32,
    parent: &'static str,
    child: &'static str,
    template: &'static str,
}

pub(super) const fn program(
    weight: u32,
    parent: &'static str,
    child: &'static str,
    template: &'static str,
) -> Program {
    Program { weight, parent, child, template }
}

/// Start one random program of a list.
pub(super) fn start_any(
    list: &[Program],
    time: i64,
    visit: Visit,
    rng: &mut ChaCha8Rng,
    recorder: &mut Recorder,
) {
    let program = draw(list, rng);
    let user = recorder.events().names.name(visit.user);
    let start = Start {
        parent: &fill(program.parent, user, rng),
        child: &fill(program.child, user, rng),
        command_line: &fill(program.template, user, rng),
        parent_signed: program.has_signed_parent(),
    };
    recorder.start(time, visit.user, visit.host, start);
}

impl Program {
    /// Images with a random name and those in `UNSIGNED` have no signature.
    fn has_signed_parent(&self) -> bool {
        !self.parent.contains('<') && !UNSIGNED.contains(&self.parent)
    }
}

fn draw<'a>(list: &'a [Program], rng: &mut ChaCha8Rng) -> &'a Program {
    let total: u32 = list.iter().map(|program| program.weight).sum();
    let mut position = rng.gen_range(0..total);
    let is_hit = |program: &&Program| match position.checked_sub(program.weight) {
        Some(rest) => {
            position = rest;
            false
        }
        None => true,
    };
    list.iter().find(is_hit).expect("the position is below the sum of the weights")
}

/// Images without a signature: built by the company, or from unknown sources.
const UNSIGNED: [&str; 9] = [
    "make.exe",
    "biztool.exe",
    "build.exe",
    "setup.exe",
    "legacyapp.exe",
    "agent-update.exe",
    "invoice.exe",
    "updater.exe",
    "svch0st.exe",
];

/// The programs of all people.
#[rustfmt::skip] // One program a line.
pub(super) const DESK: &[Program] = &[
    program(60, "explorer.exe", "chrome.exe", r#""C:\Program Files\Google\Chrome\Application\chrome.exe""#),
    program(150, "chrome.exe", "chrome.exe", r#""C:\Program Files\Google\Chrome\Application\chrome.exe" --type=renderer --lang=en-US --device-scale-factor=1 --num-raster-threads=4 --enable-main-frame-before-activation --renderer-client-id=<n>"#),
    program(30, "chrome.exe", "chrome.exe", r#""C:\Program Files\Google\Chrome\Application\chrome.exe" --type=utility --utility-sub-type=network.mojom.NetworkService --lang=en-US --service-sandbox-type=none"#),
    program(50, "explorer.exe", "OUTLOOK.EXE", r#""C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE""#),
    program(30, "OUTLOOK.EXE", "WINWORD.EXE", r#""C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" /n "C:\Users\<user>\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\<hex>\<document>.docx" /o """#),
    program(60, "explorer.exe", "EXCEL.EXE", r#""C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE" "\\files\<share>\<document>.xlsx""#),
    program(50, "explorer.exe", "WINWORD.EXE", r#""C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" /n "\\files\<share>\<document>.docx" /o """#),
    program(30, "explorer.exe", "AcroRd32.exe", r#""C:\Program Files (x86)\Adobe\Acrobat Reader DC\Reader\AcroRd32.exe" "C:\Users\<user>\Downloads\<document>.pdf""#),
    program(25, "WINWORD.EXE", "splwow64.exe", r"C:\Windows\splwow64.exe 8192"),
    program(40, "explorer.exe", "Teams.exe", r#""C:\Users\Public\AppData\Local\Microsoft\Teams\current\Teams.exe""#),
    program(12, "explorer.exe", "notepad.exe", r#""C:\Windows\system32\NOTEPAD.EXE" C:\Users\<user>\Desktop\notes.txt"#),
    program(60, "svchost.exe", "backgroundTaskHost.exe", r#""C:\Windows\system32\backgroundTaskHost.exe" -ServerName:App.AppXmtcan0h2tfbfy7k9kn8hbxb6dmzz1zh0.mca"#),
    program(60, "svchost.exe", "RuntimeBroker.exe", r"C:\Windows\System32\RuntimeBroker.exe -Embedding"),
    program(40, "SearchIndexer.exe", "SearchProtocolHost.exe", r#""C:\Windows\system32\SearchProtocolHost.exe" Global\UsGthrFltPipeMssGthrPipe<n>_ Global\UsGthrCtrlFltPipeMssGthrPipe 1 -2147483646 "Software\Microsoft\Windows Search""#),
    program(30, "userinit.exe", "explorer.exe", r"C:\Windows\Explorer.EXE"),
    program(6, "EXCEL.EXE", "cmd.exe", r#"C:\Windows\system32\cmd.exe /c "\\files\<share>\tools\refresh.cmd""#),
    program(4, "EXCEL.EXE", "powershell.exe", r"powershell.exe -NoProfile -ExecutionPolicy Bypass -File \\files\finance\consolidate.ps1 -Period <n>"),
    program(5, "OUTLOOK.EXE", "rundll32.exe", r#"rundll32.exe C:\Windows\system32\shell32.dll,Control_RunDLL mlcfg32.cpl"#),
    program(12, "explorer.exe", "biztool.exe", r#""C:\BizTool\biztool.exe" /client=100 /language=EN"#),
    program(6, "biztool.exe", "cmd.exe", r"cmd /c start \\files\<share>\report<n>.html"),
    program(4, "legacyapp.exe", "regsvr32.exe", r"regsvr32.exe /s C:\LegacyApp\controls\grid<n>.ocx"),
    program(3, "explorer.exe", "mshta.exe", r#""C:\Windows\System32\mshta.exe" "\\files\hr\forms\leave.hta""#),
];

/// The additional programs of developers, of which few are signed.
#[rustfmt::skip] // One program a line.
pub(super) const WORKSHOP: &[Program] = &[
    program(30, "Code.exe", "git.exe", r"git.exe -c core.quotepath=false status -z -uall"),
    program(10, "Code.exe", "powershell.exe", r"powershell.exe -NoLogo"),
    program(10, "cmd.exe", "git.exe", r"git fetch origin --prune"),
    program(10, "cmd.exe", "make.exe", r"make -j<n> all"),
    program(6, "make.exe", "cl.exe", r"cl.exe /nologo /O2 /W4 /EHsc /c src\module<n>.cpp /Fobuild\module<n>.obj"),
    program(6, "make.exe", "link.exe", r"link.exe @C:\Users\<user>\AppData\Local\Temp\nm<hex>.tmp"),
    program(6, "build.exe", "java.exe", r"java.exe -Xmx2g -cp build\classes;lib\slf4j-api-2.0.9.jar;lib\logback-core-1.4.11.jar;lib\logback-classic-1.4.11.jar;lib\jackson-core-2.15.2.jar;lib\jackson-databind-2.15.2.jar;lib\commons-lang3-3.13.0.jar;lib\guava-32.1.2.jar com.example.app.Main --port 80<n>"),
    program(8, "cmd.exe", "python.exe", r"python -m pytest -x -q tests\test_<share>.py"),
    program(3, "build.exe", "powershell.exe", r"powershell -nop -c Compress-Archive -Path out -DestinationPath build<pid>.zip"),
    program(2, "cmd.exe", "certutil.exe", r"certutil -hashfile build<pid>.zip SHA256"),
];

/// The additional programs of administrators, some of which attackers use too.
#[rustfmt::skip] // One program a line.
pub(super) const CONSOLE: &[Program] = &[
    program(10, "explorer.exe", "mmc.exe", r#""C:\Windows\system32\mmc.exe" "C:\Windows\system32\dsa.msc""#),
    program(10, "explorer.exe", "powershell.exe", r#""C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe""#),
    program(5, "powershell.exe", "whoami.exe", r#""C:\Windows\system32\whoami.exe" /groups"#),
    program(6, "cmd.exe", "net.exe", r"net user <user> /domain"),
    program(5, "powershell.exe", "powershell.exe", r"powershell.exe -NoProfile -File C:\Scripts\Audit-Shares.ps1 -Share <share>"),
    program(4, "powershell.exe", "powershell.exe", r"powershell.exe -NoProfile -EncodedCommand <device-script>"),
    program(4, "cmd.exe", "wmic.exe", r"wmic /node:SRV-<n> os get lastbootuptime"),
    program(3, "cmd.exe", "certutil.exe", r"certutil -urlcache * delete"),
    program(3, "cmd.exe", "nltest.exe", r"nltest /dsgetdc:corp.example"),
    program(3, "cmd.exe", "rundll32.exe", r"rundll32.exe printui.dll,PrintUIEntry /ga /n\\print\floor<n>"),
    program(3, "cmd.exe", "bitsadmin.exe", r"bitsadmin /transfer drivers /download /priority normal \\files\it\drv<n>.zip C:\Temp\drv.zip"),
    program(3, "cmd.exe", "schtasks.exe", r"schtasks /query /s SRV-<n> /fo csv"),
];

/// The programs that machines start, day and night.
#[rustfmt::skip] // One program a line.
pub(super) const MACHINE: &[Program] = &[
    program(40, "svchost.exe", "taskhostw.exe", r"taskhostw.exe"),
    program(30, "services.exe", "svchost.exe", r"C:\Windows\system32\svchost.exe -k netsvcs -p -s wuauserv"),
    program(30, "svchost.exe", "WmiPrvSE.exe", r"C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding"),
    program(20, "svchost.exe", "MpCmdRun.exe", r#""C:\Program Files\Windows Defender\MpCmdRun.exe" SignatureUpdate -ScheduleJob -RestrictPrivileges"#),
    program(20, "svchost.exe", "GoogleUpdate.exe", r#""C:\Program Files (x86)\Google\Update\GoogleUpdate.exe" /ua /installsource scheduler"#),
    program(8, "CcmExec.exe", "powershell.exe", r"powershell.exe -NoProfile -NonInteractive -EncodedCommand <script>"),
    program(2, "CcmExec.exe", "powershell.exe", r"powershell.exe -NoProfile -NonInteractive -EncodedCommand <device-script>"),
    program(12, "CcmExec.exe", "cscript.exe", r"cscript.exe //nologo C:\Windows\ccmcache\inventory.vbs /site:<n>"),
    program(5, "agent-update.exe", "msiexec.exe", r"msiexec.exe /i {<guid>} /qn REBOOT=ReallySuppress"),
    program(2, "svchost.exe", "AM_Delta_<hex>.exe", r"C:\Windows\SoftwareDistribution\Download\Install\AM_Delta_<hex>.exe WD /stub 1.1.24010.10"),
    program(5, "services.exe", "rundll32.exe", r"C:\Windows\system32\rundll32.exe C:\Windows\system32\PcaSvc.dll,PcaPatchSdbTask"),
];

/// The programs of patches, on the second Tuesday of a month.
#[rustfmt::skip] // One program a line.
pub(super) const PATCHES: &[Program] = &[
    program(10, "svchost.exe", "wuauclt.exe", r#""C:\Windows\system32\wuauclt.exe" /RunHandlerComServer"#),
    program(10, "TrustedInstaller.exe", "TiWorker.exe", r"C:\Windows\winsxs\amd64_microsoft-windows-servicingstack_31bf3856ad364e35_10.0.19041.1220_none\TiWorker.exe -Embedding"),
    program(8, "msiexec.exe", "msiexec.exe", r"C:\Windows\syswow64\MsiExec.exe -Embedding <hex><hex><hex> E Global\MSI0000"),
    program(5, "msiexec.exe", "rundll32.exe", r#"rundll32.exe "C:\Windows\Installer\MSI<hex>.tmp",zzzzInvokeManagedCustomActionOutOfProc SfxCA_<pid> 2 Setup.CustomActions!Run"#),
    program(4, "msiexec.exe", "regsvr32.exe", r#"regsvr32.exe /s "C:\Program Files\Common Files\Vendor\ext<n>.dll""#),
    program(2, "setup.exe", "is-<hex>.tmp", r#""C:\Windows\Temp\is-<hex>.tmp\is-<hex>.tmp" /SL5="$<pid>,<pid>,<pid>,C:\Windows\Temp\setup.exe" /VERYSILENT"#),
    program(2, "is-<hex>.tmp", "regsvr32.exe", r#"regsvr32.exe /s "C:\Program Files\Vendor\shell<n>.dll""#),
    program(4, "setup.exe", "cmd.exe", r"cmd.exe /c C:\Windows\Temp\{<guid>}\cleanup.bat"),
    program(2, "setup.exe", "powershell.exe", r"powershell.exe -ExecutionPolicy Bypass -EncodedCommand <script>"),
    program(2, "setup.exe", "bitsadmin.exe", r"bitsadmin /transfer wsus<pid> http://wsus.corp.example/content/<hex>.cab C:\Windows\Temp\<hex>.cab"),
];

/// Start each program of a list. It panics if a template has an unknown placeholder.
#[cfg(test)]
pub(super) fn start_each(list: &[Program]) {
    let mut recorder = Recorder::default();
    let visit = Visit {
        user: recorder.name("anna"),
        source_ip: recorder.name("10.0.0.1"),
        host: recorder.name("WS-1"),
        is_admin: false,
    };
    let rng = &mut crate::seed::Seed::new(1).rng();
    for program in list {
        start_any(std::slice::from_ref(program), 0, visit, rng, &mut recorder);
    }
    for start in &recorder.events().process_starts {
        assert!(!recorder.events().names.name(start.command_line).contains('<'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_filled() {
        [DESK, WORKSHOP, CONSOLE, MACHINE, PATCHES].into_iter().for_each(start_each);
    }
}
