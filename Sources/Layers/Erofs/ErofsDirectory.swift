import FileTree

/// The list of names that is the content of a directory: blocks, each with fixed-size entries in front and their names
/// behind. Names are sorted by their bytes over the whole list; `.` and `..` are among them.
struct ErofsDirectory {
    static let entrySize = 12

    /// A name, and the slot of its inode.
    struct Child {
        var name: [UInt8]
        var slot: UInt64
        var kind: FileKind
    }

    /// The list.
    private(set) var bytes: [UInt8] = []
    /// Where in the list the slots of `.` and `..` stand.
    private(set) var ownSlot = 0
    private(set) var parentSlot = 0

    /// Makes a list; the slots of `.` and `..` are to be filled in.
    init(_ children: [Child]) {
        let dots = ["." as StaticString, ".."].map { Child(name: Array("\($0)".utf8), slot: 0, kind: .directory) }
        let all = (children + dots).sorted { $0.name.lexicographicallyPrecedes($1.name) }
        var start = 0
        while start < all.count {
            var used = 0
            var end = start
            while end < all.count, used + Self.entrySize + all[end].name.count <= Erofs.blockSize {
                used += Self.entrySize + all[end].name.count
                end += 1
            }
            bytes += repeatElement(0, count: -bytes.count & (Erofs.blockSize - 1))
            addBlock(all[start..<end])
            start = end
        }
    }

    mutating func setOwnSlot(_ slot: UInt64) { bytes.put(slot, at: ownSlot) }
    mutating func setParentSlot(_ slot: UInt64) { bytes.put(slot, at: parentSlot) }

    private mutating func addBlock(_ children: ArraySlice<Child>) {
        var names: [UInt8] = []
        for child in children {
            if child.name == [UInt8(ascii: ".")] { ownSlot = bytes.count }
            if child.name == Array("..".utf8) { parentSlot = bytes.count }
            var entry = [UInt8](repeating: 0, count: Self.entrySize)
            entry.put(child.slot, at: 0)
            entry.put(UInt16(children.count * Self.entrySize + names.count), at: 8)
            entry[10] = Erofs.entryType(child.kind)
            bytes += entry
            names += child.name
        }
        bytes += names
    }
}
