import FileTree
import SystemPackage

/// A handler of binfmt_misc: which files it takes, and what runs them.
///
/// [Linux, binfmt-misc](https://docs.kernel.org/admin-guide/binfmt-misc.html)
package struct BinfmtHandler: Sendable, Equatable {
    /// The name that it was registered by.
    package let name: String
    /// Whether it takes any.
    package let isEnabled: Bool
    /// The program that runs them.
    package let interpreter: FilePath
    /// The letters that it was registered with.
    package let flags: String
    /// Where in a file the magic is.
    let offset: Int
    /// What is there.
    let magic: [UInt8]
    /// Which bits of it count; all if empty.
    let mask: [UInt8]

    /// Whether the interpreter was opened when it was registered: it need not be where the program is, in an image for one.
    package var isInterpreterOpen: Bool { flags.contains("F") }

    /// Reads what the kernel says of a handler, in the file of its name.
    ///
    /// - Returns: `nil` if it doesn't go by what stands in a file, but by how that is called; or is none.
    package init?(name: String, _ text: String) {
        var values: [Substring: Substring] = [:]
        let lines = text.split(separator: "\n")
        for line in lines.dropFirst() {
            guard let end = line.firstIndex(where: { $0 == " " || $0 == ":" }) else { continue }
            let value = line[end...].drop { $0 == ":" || $0 == " " }
            values[line[..<end]] = value
        }
        guard let state = lines.first, let interpreter = values["interpreter"],
            let offset = values["offset"].flatMap({ Int($0) }), (0...ELFHeader.lookedAt).contains(offset),
            let magic = values["magic"].flatMap(Self.bytes), !magic.isEmpty
        else { return nil }
        let mask = values["mask"].map(Self.bytes) ?? []
        guard let mask, mask.isEmpty || mask.count == magic.count else { return nil }
        self.name = name
        isEnabled = state == "enabled"
        self.interpreter = FilePath(String(interpreter))
        flags = String(values["flags"] ?? "")
        (self.offset, self.magic, self.mask) = (offset, magic, mask)
    }

    /// Two hexadecimal digits for each.
    private static func bytes(_ digits: Substring) -> [UInt8]? {
        let digits = digits.compactMap(\.hexDigitValue)
        guard digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// Whether the kernel would give it a file, were it enabled.
    ///
    /// - Parameter file: how the file begins.
    package func takes(_ file: [UInt8]) -> Bool {
        magic.indices.allSatisfy { place in
            let byte = offset + place < file.count ? file[offset + place] : 0
            return (byte ^ magic[place]) & (mask.isEmpty ? 0xFF : mask[place]) == 0
        }
    }
}
