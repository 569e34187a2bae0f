import CSyscalls
import FileTree
import Glibc
import SystemPackage

/// A program for another processor that does nothing but end: whether the kernel starts it shows that something here runs such
/// programs, also where the handlers can't be seen.
enum TrialProgram {
    /// The processors' own words for exit_group(0) or exit(0), as a big-endian or little-endian machine has them.
    private static let instructions: [String: [UInt32]] = [
        "arm64": [0xD280_0BA8, 0xD280_0000, 0xD400_0001],  // mov x8, #93; mov x0, #0; svc #0
        "arm": [0xE3A0_7001, 0xE3A0_0000, 0xEF00_0000],  // mov r7, #1; mov r0, #0; svc #0
        "s390x": [0xA729_0000, 0x0A01_0700],  // lghi %r2, 0; svc 1; nopr
        "riscv64": [0x05D0_0893, 0x0000_0513, 0x0000_0073],  // li a7, 93; li a0, 0; ecall
        "ppc64le": [0x3800_0001, 0x3860_0000, 0x4400_0002],  // li r0, 1; li r3, 0; sc
        "386": [0x0001_B890, 0xDB31_0000, 0x9090_80CD],  // nop; mov eax, 1; xor ebx, ebx; int 0x80
        "amd64": [0x0000_3CB8, 0x0FFF_3100, 0x9090_9005],  // mov eax, 60; xor edi, edi; syscall
        "loong64": [0x0381_740B, 0x0280_0004, 0x002B_0000],  // ori $a7, $r0, 93; li $a0, 0; syscall 0
        "mips64le": [0x2402_13C2, 0x2404_0000, 0x0000_000C],  // li v0, 5058; li a0, 0; syscall
        "mips64": [0x2402_13C2, 0x2404_0000, 0x0000_000C],
        "mipsle": [0x2402_0FA1, 0x2404_0000, 0x0000_000C],  // li v0, 4001; li a0, 0; syscall
        "mips": [0x2402_0FA1, 0x2404_0000, 0x0000_000C],
    ]

    /// Where the program is in memory.
    private static let address: UInt64 = 0x40_0000

    /// Tries it. Where that is not possible, nothing is known to run it.
    static func runs(_ header: ELFHeader) -> Bool {
        guard let file = try? memoryFile(bytes(header)) else { return false }
        // By this process: a child has no descriptor of ours.
        let outcome = withExtendedLifetime(file) {
            try? ChildProcess.run(["/proc/\(getpid())/fd/\(file.number)"], patience: .seconds(30))
        }
        return outcome?.status == 0
    }

    /// The whole file: a header, one segment, and what the processor does.
    static func bytes(_ header: ELFHeader) -> [UInt8] {
        let size: UInt64 = header.is64Bit ? 64 + 56 : 52 + 32
        let words = header.architecture.flatMap { instructions[$0] } ?? []
        let code = words.flatMap { header.number(UInt64($0), 4) }
        let length = size + UInt64(code.count)
        let word = header.is64Bit ? 8 : 4
        let (load, readable, aligned) = (UInt64(1), UInt64(5), UInt64(0x1_0000))
        var segment = header.number(load, 4)
        if header.is64Bit { segment += header.number(readable, 4) }
        for value in [0, address, address, length, length] { segment += header.number(value, word) }
        if !header.is64Bit { segment += header.number(readable, 4) }
        segment += header.number(aligned, word)
        return header.bytes(entry: address + size) + segment + code
    }

    /// A file that has no name, and can be executed.
    private static func memoryFile(_ bytes: [UInt8]) throws -> OpenFile {
        let file = OpenFile(owning: try checked(stacker_memory_file()))
        try file.writeAll(bytes)
        // What somebody may write to is not executed.
        return try OpenFile(FilePath("/proc/self/fd/\(file.number)"), O_RDONLY)
    }
}
