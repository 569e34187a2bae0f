import Failure

/// Reads the list of names of a directory, block by block.
struct ErofsNames {
    private let inode: ErofsStoredInode
    private var position: Int64 = 0
    /// Names of the block at hand that were not taken yet, the first last.
    private var names: [(name: [UInt8], inode: UInt64)] = []
    private var last: [UInt8] = []

    init(_ inode: ErofsStoredInode) {
        self.inode = inode
    }

    /// The next name and the slot of its inode, without `.` and `..`; `nil` after the last.
    mutating func next(_ content: ErofsContentReader) throws -> (name: [UInt8], inode: UInt64)? {
        while true {
            while let entry = names.popLast() {
                // Sorted, as the kernel relies on: a name cannot come twice.
                guard last.lexicographicallyPrecedes(entry.name) else {
                    throw Failure("the erofs is damaged: its names are not sorted")
                }
                last = entry.name
                if entry.name == [UInt8(ascii: ".")] || entry.name == Array("..".utf8) { continue }
                return entry
            }
            if position >= inode.size { return nil }
            let block = try content.block(of: inode, at: position)
            position += Int64(block.count)
            try read(block)
        }
    }

    private mutating func read(_ block: [UInt8]) throws {
        let size = ErofsDirectory.entrySize
        let damage = Failure("the erofs is damaged: its list of names makes no sense")
        guard block.count > size else { throw damage }
        let start = Int(block.number(UInt16.self, at: 8))
        guard start >= size, start % size == 0, start < block.count else { throw damage }
        var end = block.count
        for place in stride(from: start - size, through: 0, by: -size) {
            let offset = Int(block.number(UInt16.self, at: place + 8))
            guard offset >= start, offset < end else { throw damage }
            // Only the last name can end before the next thing starts.
            let name = end == block.count ? Array(block[offset..<end].prefix { $0 != 0 }) : Array(block[offset..<end])
            names.append((name, block.number(UInt64.self, at: place)))
            end = offset
        }
    }
}
