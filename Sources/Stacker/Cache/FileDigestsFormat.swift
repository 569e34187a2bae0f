import FileTree

/// How ``FileDigests`` are kept on disk: a first line that names the format, then one line for each file, of numbers with
/// one space between them: device, inode, size, modification time and change time (seconds, nanoseconds each), and the
/// digest as four numbers of 64 bits.
///
/// Read and written by hand: the file has a line for each of ten thousands of files, and is read in every build.
enum FileDigestsFormat {
    private static let header = Array("stacker file digests 2\n".utf8)
    private static let fieldCount = 11

    /// Reads the text; of a text in another format nothing, and nothing from a damaged line on.
    static func parse(_ text: [UInt8]) -> [FileKey: FileRecord] {
        guard text.starts(with: header) else { return [:] }
        var records: [FileKey: FileRecord] = [:]
        // A line has about 160 bytes.
        records.reserveCapacity(text.count / 150)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: fieldCount) { fields in
            text.withUnsafeBufferPointer { text in
                var place = header.count
                while place < text.count, let (key, record) = parseLine(text, &place, fields) { records[key] = record }
            }
        }
        return records
    }

    private static func parseLine(
        _ text: UnsafeBufferPointer<UInt8>, _ place: inout Int, _ fields: UnsafeMutableBufferPointer<UInt64>
    ) -> (FileKey, FileRecord)? {
        for field in 0..<fieldCount {
            var value: UInt64 = 0
            let start = place
            while place < text.count, case let digit = text[place] &- UInt8(ascii: "0"), digit < 10 {
                value = value &* 10 &+ UInt64(digit)
                place += 1
            }
            let end = field == fieldCount - 1 ? UInt8(ascii: "\n") : UInt8(ascii: " ")
            guard place > start, place - start <= 20, place < text.count, text[place] == end else { return nil }
            place += 1
            fields[field] = value
        }
        let version = FileVersion(
            size: Int64(bitPattern: fields[2]), modified: timestamp(fields[3], fields[4]),
            changed: timestamp(fields[5], fields[6]))
        let digest = ContentDigest(words: (fields[7], fields[8], fields[9], fields[10]))
        return (FileKey(device: fields[0], inode: fields[1]), FileRecord(version: version, digest: digest))
    }

    private static func timestamp(_ seconds: UInt64, _ nanoseconds: UInt64) -> Timestamp {
        Timestamp(seconds: Int64(bitPattern: seconds), nanoseconds: Int32(truncatingIfNeeded: nanoseconds))
    }

    /// The text for `records`. Times before 1970 are there as their two's complement.
    static func text(of records: [FileKey: FileRecord]) -> [UInt8] {
        var text = header
        text.reserveCapacity(header.count + records.count * 180)
        for (key, record) in records {
            let version = record.version
            let digest = record.digest.words
            let fields = [
                key.device, key.inode, UInt64(bitPattern: version.size),
                UInt64(bitPattern: version.modified.seconds), UInt64(version.modified.nanoseconds),
                UInt64(bitPattern: version.changed.seconds), UInt64(version.changed.nanoseconds),
                digest.0, digest.1, digest.2, digest.3,
            ]
            for field in fields {
                text += String(field).utf8
                text.append(UInt8(ascii: " "))
            }
            text[text.count - 1] = UInt8(ascii: "\n")
        }
        return text
    }
}
