import FileTree
import Glibc
import SystemPackage

extension OpenFile {
    /// What is looked at for zeros at once: a hole is made of as many of them as there are in a row.
    private static let window: Int64 = 64 << 10

    /// Writes `bytes` at `offset`, but leaves zeros out where the file has nothing yet: they become holes, as they were
    /// before an archive wrote them in full.
    ///
    /// - Parameter end: the file holds nothing from there on.
    /// - Returns: Where the file ends now; there may be zeros left out after that.
    func writeWithHoles(_ bytes: UnsafeRawBufferPointer, at offset: Int64, end: Int64) throws -> Int64 {
        var end = end
        func write(_ range: Range<Int>) throws {
            if range.isEmpty { return }
            try writeAll(UnsafeRawBufferPointer(rebasing: bytes[range]), at: offset + Int64(range.lowerBound))
            end = max(end, offset + Int64(range.upperBound))
        }
        var start = 0
        var place = 0
        while place < bytes.count {
            let position = offset + Int64(place)
            let next = min(bytes.count, place + Int(Self.window - position % Self.window))
            if position >= end, UnsafeRawBufferPointer(rebasing: bytes[place..<next]).isZeros {
                try write(start..<place)
                start = next
            }
            place = next
        }
        try write(start..<bytes.count)
        return end
    }
}

extension UnsafeRawBufferPointer {
    /// Whether there is nothing but zeros in it.
    fileprivate var isZeros: Bool {
        guard let base = baseAddress, let first else { return true }
        return first == 0 && memcmp(base, base + 1, count - 1) == 0
    }
}
