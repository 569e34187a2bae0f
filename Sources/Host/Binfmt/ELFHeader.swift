/// What the first bytes of an ELF file say of the processor that it is for.
///
/// [System V ABI, ELF header](https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html)
package struct ELFHeader: Sendable, Hashable {
    /// ELFCLASS64 and not ELFCLASS32.
    package var is64Bit: Bool
    /// ELFDATA2MSB and not ELFDATA2LSB.
    package var isBigEndian: Bool
    /// `e_machine`.
    package var machine: UInt16
    /// `e_flags`: the ABI, for some processors.
    package var flags: UInt32

    /// How many bytes of a file the kernel looks at to find out what runs it: BINPRM_BUF_SIZE.
    package static let lookedAt = 256

    private static let magic: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]

    init(is64Bit: Bool, isBigEndian: Bool, machine: UInt16, flags: UInt32 = 0) {
        (self.is64Bit, self.isBigEndian, self.machine, self.flags) = (is64Bit, isBigEndian, machine, flags)
    }

    /// Reads the beginning of a file.
    ///
    /// - Returns: `nil` if it is no ELF file.
    package init?(_ file: [UInt8]) {
        guard file.starts(with: Self.magic), file.count >= 20, (1...2).contains(file[4]), (1...2).contains(file[5])
        else { return nil }
        is64Bit = file[4] == 2
        isBigEndian = file[5] == 2
        let number = { [isBigEndian] (bytes: ArraySlice<UInt8>) in
            (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        machine = UInt16(truncatingIfNeeded: number(file[18..<20]))
        let place = is64Bit ? 48 : 36
        flags = file.count >= place + 4 ? number(file[place..<place + 4]) : 0
    }

    /// The whole header of a static program for that processor, with one segment described behind it.
    ///
    /// - Parameter entry: the address that it begins at.
    package func bytes(entry: UInt64 = 0) -> [UInt8] {
        var header = Self.magic + [is64Bit ? 2 : 1, isBigEndian ? 2 : 1, 1] + [UInt8](repeating: 0, count: 9)
        let word = is64Bit ? 8 : 4
        let size = is64Bit ? 64 : 52
        header += number(2, 2) + number(UInt64(machine), 2) + number(1, 4)
        header += number(entry, word) + number(UInt64(size), word) + number(0, word) + number(UInt64(flags), 4)
        for value in [size, is64Bit ? 56 : 32, 1, 0, 0, 0] { header += number(UInt64(value), 2) }
        return header
    }

    /// A number in the order of bytes that the processor has.
    func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        return isBigEndian ? bytes.reversed() : bytes
    }
}

// MARK: - Go's names

extension ELFHeader {
    /// By GOARCH. Flags are those that a compiler gives a program: some handlers look at them.
    private static let known: KeyValuePairs<String, ELFHeader> = [
        "amd64": .init(is64Bit: true, isBigEndian: false, machine: 62),
        "386": .init(is64Bit: false, isBigEndian: false, machine: 3),
        "amd64p32": .init(is64Bit: false, isBigEndian: false, machine: 62),
        "arm64": .init(is64Bit: true, isBigEndian: false, machine: 183),
        "arm64be": .init(is64Bit: true, isBigEndian: true, machine: 183),
        "arm": .init(is64Bit: false, isBigEndian: false, machine: 40, flags: 0x0500_0400),
        "armbe": .init(is64Bit: false, isBigEndian: true, machine: 40, flags: 0x0580_0400),
        "ppc64le": .init(is64Bit: true, isBigEndian: false, machine: 21, flags: 2),
        "ppc64": .init(is64Bit: true, isBigEndian: true, machine: 21, flags: 1),
        "ppc": .init(is64Bit: false, isBigEndian: true, machine: 20),
        "s390x": .init(is64Bit: true, isBigEndian: true, machine: 22),
        "s390": .init(is64Bit: false, isBigEndian: true, machine: 22),
        "riscv64": .init(is64Bit: true, isBigEndian: false, machine: 243, flags: 5),
        "riscv": .init(is64Bit: false, isBigEndian: false, machine: 243, flags: 5),
        "loong64": .init(is64Bit: true, isBigEndian: false, machine: 258, flags: 0x43),
        "mips64le": .init(is64Bit: true, isBigEndian: false, machine: 8, flags: 0x8000_0007),
        "mips64": .init(is64Bit: true, isBigEndian: true, machine: 8, flags: 0x8000_0007),
        "mipsle": .init(is64Bit: false, isBigEndian: false, machine: 8, flags: 0x7000_1007),
        "mips": .init(is64Bit: false, isBigEndian: true, machine: 8, flags: 0x7000_1007),
        "mips64p32le": .init(is64Bit: false, isBigEndian: false, machine: 8, flags: 0x8000_0027),
        "mips64p32": .init(is64Bit: false, isBigEndian: true, machine: 8, flags: 0x8000_0027),
        "sparc": .init(is64Bit: false, isBigEndian: true, machine: 2),
        "sparc64": .init(is64Bit: true, isBigEndian: true, machine: 43),
    ]

    /// EF_MIPS_ABI2: of two ABIs with 32-bit files the one with 64-bit registers.
    private static let mipsN32: UInt32 = 0x20

    /// The header of programs for a processor.
    ///
    /// - Parameter architecture: GOARCH.
    /// - Returns: `nil` for what Linux has no programs of, `wasm` for one.
    package init?(architecture: String) {
        guard let found = Self.known.first(where: { $0.key == architecture }) else { return nil }
        self = found.value
    }

    /// GOARCH; `nil` if Go has no name for it.
    package var architecture: String? {
        Self.known.first { _, other in
            (other.is64Bit, other.isBigEndian, other.machine) == (is64Bit, isBigEndian, machine)
                && (machine != 8 || is64Bit || (other.flags ^ flags) & Self.mipsN32 == 0)
        }?.key
    }

    /// Whether a kernel runs such programs without any help.
    ///
    /// - Parameter host: GOARCH of the machine.
    package func isNative(on host: String) -> Bool {
        guard let architecture else { return false }
        return architecture == host || Self.alsoNative[host]?.contains(architecture) == true
    }

    private static let alsoNative = ["amd64": ["386"]]
}
