import CSyscalls
import Glibc
import SystemPackage

// Without a journal, ext4 gives no inode away that was deleted within the last minutes as long as there is another. For
// each new file it looks at all of them that are in its part of the disk, which is the part that its directory is in: what
// is made beside a large tree that was just removed takes many times as long.

extension Directory {
    /// On ext4 without a journal: lets each directory that is made in this one from now on begin in a part of the disk of
    /// its own, which its name decides on, as those in the root of a file system do. Elsewhere it changes nothing.
    ///
    /// What can't be had is done without: files are made all the same, more slowly.
    package func spreadDirectories() {
        guard isOnExt4WithoutJournal else { return }
        _ = stacker_spread_directories(file.number)
    }

    /// Makes the subdirectory `name` under another name, and renames it: in a directory that spreads them, it begins
    /// elsewhere than what had that name before.
    ///
    /// - Parameter temporary: a name that was never there.
    /// - Throws: `Errno`, or a failure; EEXIST if there is something under `name`.
    @discardableResult
    package func makePlainDirectory(_ name: FilePath, elsewhereBy temporary: FilePath) throws -> Directory {
        let made = try makePlainDirectory(temporary)
        try rename(temporary, to: name, replacing: false)
        return made
    }

    private var isOnExt4WithoutJournal: Bool {
        guard (try? FileSystem(of: file).name) == "ext4", let device = try? file.status().device,
            let numbers = try? Directory(at: "/sys/dev/block"), let mounts = try? Directory(at: "/sys/fs/ext4")
        else { return false }
        let number = FilePath("\(stacker_major(device)):\(stacker_minor(device))")
        guard let name = try? numbers.symlinkTarget(number).lastComponent else { return false }
        // The process that writes the journal.
        let process = try? mounts.readFile(FilePath(root: nil, [name]).appending("journal_task"), limit: 4096)
        return process?.starts(with: "<none>".utf8) == true
    }
}
