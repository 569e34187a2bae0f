import FileTree
import Glibc
import SystemPackage

/// What ``FileDigests`` knows of files, sorted by device and inode: one row of ten numbers for each, in memory as in the file.
/// There may be a million of them, which a dictionary would keep in three times the room.
struct FileDigestTable {
    /// The rows, one behind the other.
    private var words: [UInt64]
    /// Which rows this run has asked for.
    private var isUsed: [Bool]
    /// Where the last row was found: a walk meets files in an order that is near that of their inodes.
    private var last = 0

    private static let rowLength = 10
    /// The first bytes of the file: they name the format.
    private static let header = Array("stacker file digests 3 \n".utf8)

    /// How many files are known.
    var count: Int { isUsed.count }
    /// How many of them this run has asked for.
    var usedCount: Int { isUsed.count { $0 } }

    /// Knows of nothing.
    init() { (words, isUsed) = ([], []) }

    /// Rows in their order.
    private init(_ words: [UInt64], isUsed: [Bool]) { (self.words, self.isUsed) = (words, isUsed) }

    // MARK: - Rows

    /// The row of a file; `nil` if nothing is known of it.
    mutating func index(of key: FileKey) -> Int? {
        if last + 1 < count, self.key(last + 1) == key {
            last += 1
            return last
        }
        let place = place(of: key)
        guard place < count, self.key(place) == key else { return nil }
        last = place
        return place
    }

    /// The first row that doesn't come before a key.
    private func place(of key: FileKey) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func key(_ row: Int) -> FileKey {
        FileKey(device: words[row * Self.rowLength], inode: words[row * Self.rowLength + 1])
    }

    /// What a row says.
    func record(_ row: Int) -> FileRecord {
        let start = row * Self.rowLength
        func time(_ seconds: Int, _ nanoseconds: UInt64) -> Timestamp {
            Timestamp(
                seconds: Int64(bitPattern: words[start + seconds]), nanoseconds: Int32(truncatingIfNeeded: nanoseconds))
        }
        let version = FileVersion(
            size: Int64(bitPattern: words[start + 2]), modified: time(3, words[start + 5] >> 32),
            changed: time(4, words[start + 5] & 0xffff_ffff))
        let digest = ContentDigest(
            words: (words[start + 6], words[start + 7], words[start + 8], words[start + 9]))
        return FileRecord(version: version, digest: digest)
    }

    private static func append(_ key: FileKey, _ record: FileRecord, to words: inout [UInt64]) {
        let (version, digest) = (record.version, record.digest.words)
        func bits(_ number: Int32) -> UInt64 { UInt64(UInt32(bitPattern: number)) }
        words.append(key.device)
        words.append(key.inode)
        words.append(UInt64(bitPattern: version.size))
        words.append(UInt64(bitPattern: version.modified.seconds))
        words.append(UInt64(bitPattern: version.changed.seconds))
        words.append(bits(version.modified.nanoseconds) << 32 | bits(version.changed.nanoseconds))
        words.append(digest.0)
        words.append(digest.1)
        words.append(digest.2)
        words.append(digest.3)
    }

    /// Notes that this run has asked for a row.
    mutating func use(_ row: Int) { isUsed[row] = true }

    /// Takes what this run has found out, which holds in place of what was known.
    ///
    /// - Parameter onlyUsed: whether what this run has not asked for is left out.
    mutating func merge(_ found: [FileKey: FileRecord], onlyUsed: Bool = false) {
        var rest = found.sorted { $0.key < $1.key }[...]
        var merged: [UInt64] = []
        merged.reserveCapacity(words.count + found.count * Self.rowLength)
        var used: [Bool] = []
        used.reserveCapacity(count + found.count)
        func add(_ new: (key: FileKey, value: FileRecord)) {
            Self.append(new.key, new.value, to: &merged)
            used.append(true)
        }
        for row in 0..<count where isUsed[row] || !onlyUsed {
            let key = key(row)
            while let new = rest.first, new.key < key { add(rest.removeFirst()) }
            if rest.first?.key == key {
                add(rest.removeFirst())
            } else {
                merged += words[(row * Self.rowLength)..<((row + 1) * Self.rowLength)]
                used.append(isUsed[row])
            }
        }
        for new in rest { add(new) }
        self = FileDigestTable(merged, isUsed: used)
    }
}

extension FileDigestTable {
    // MARK: - The file

    /// Reads the file `name`; nothing, if there is none or it is another format's or damaged.
    init(_ name: FilePath, in directory: Directory, limit: Int) {
        self.init()
        guard let file = try? directory.open(name, O_RDONLY | O_NONBLOCK), let status = try? file.status(),
            status.kind == .regular, status.size <= limit, let words = Self.words(file, Int(status.size))
        else { return }
        let table = FileDigestTable(words, isUsed: Array(repeating: false, count: words.count / Self.rowLength))
        // Rows in another order would not be found, and come twice.
        guard zip(0..., (0..<table.count).dropFirst()).allSatisfy({ table.key($0) < table.key($1) }) else { return }
        self = table
    }

    /// - Returns: `nil` for what is not the file that it should be.
    private static func words(_ file: OpenFile, _ size: Int) -> [UInt64]? {
        let length = size - header.count
        guard length >= 0, length.isMultiple(of: rowLength * 8) else { return nil }
        var start = [UInt8](repeating: 0, count: header.count)
        guard start.withUnsafeMutableBytes({ read(file, into: $0) }), start == header else { return nil }
        var isWhole = true
        let words = [UInt64](unsafeUninitializedCapacity: length / 8) { buffer, count in
            isWhole = read(file, into: UnsafeMutableRawBufferPointer(buffer))
            count = isWhole ? length / 8 : 0
        }
        return isWhole ? words : nil
    }

    private static func read(_ file: OpenFile, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        var rest = buffer[...]
        while !rest.isEmpty {
            guard let count = try? file.read(into: UnsafeMutableRawBufferPointer(rebasing: rest)), count > 0 else {
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Writes the file in one step.
    func write(to name: FilePath, in directory: Directory) throws {
        try words.withUnsafeBytes { rows in
            try directory.replaceFile(name) { file in
                try file.writeAll(Self.header)
                try file.writeAll(rows)
            }
        }
    }
}
