import FileTree
import Glibc
import SystemPackage

/// The files that ran out of names while a layer was unpacked, each with the copies that carry further names.
///
/// Where a directory limits the names, a copy that is full in one directory has room in the next: for each directory it
/// is remembered which copy is being filled, so that no more are made than the fullest directory needs.
struct LinkGroups {
    /// A name of a file or of a copy of it.
    struct Carrier {
        /// The directory's path in the archive.
        var parent: [UInt8]
        var name: FileName
    }

    private struct Group {
        /// The file itself, then its copies in the order that they were made in.
        var carriers: [Carrier]
        /// Which of them is being filled, by directory; 0 where nothing is said.
        var filling: [[UInt8]: Int] = [:]
    }

    private var groups: [Group] = []
    /// The group of each inode that is a file or a copy.
    private var numbers: [ino_t: Int] = [:]

    /// The group of a file that is full. `isNew`: it was not in any so far.
    mutating func group(of inode: ino_t, first: Carrier) -> (number: Int, isNew: Bool) {
        if let number = numbers[inode] { return (number, false) }
        groups.append(Group(carriers: [first]))
        numbers[inode] = groups.count - 1
        return (groups.count - 1, true)
    }

    /// The one to take the next name in a directory; `nil` if all are full there.
    func carrier(_ group: Int, in directory: [UInt8]) -> Carrier? {
        let position = groups[group].filling[directory, default: 0]
        return position < groups[group].carriers.count ? groups[group].carriers[position] : nil
    }

    /// The newest one: what the next copy is made from.
    func newest(_ group: Int) -> Carrier? { groups[group].carriers.last }

    /// Notes that what ``carrier(_:in:)`` gave has no more room in that directory.
    mutating func skip(_ group: Int, in directory: [UInt8]) {
        groups[group].filling[directory, default: 0] += 1
    }

    /// Adds a copy.
    mutating func add(_ copy: Carrier, inode: ino_t, to group: Int) {
        groups[group].carriers.append(copy)
        numbers[inode] = group
    }

    /// Something was removed: a carrier may be gone, and its inode's number another file's.
    mutating func forget() {
        groups = []
        numbers = [:]
    }
}
