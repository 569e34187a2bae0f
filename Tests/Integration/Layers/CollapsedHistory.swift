import Failure
import FileTree
import Fixtures

@testable import Roots

extension LayerHistory {
    /// What is wrong with one layer in place of those of all scripts but the first ones; empty if nothing is.
    ///
    /// Each reader has to see what the last script saw, and each entry of the layer has to be of use: a file is seen in the
    /// end, and what hides something hides something.
    ///
    /// - Parameter below: how many scripts keep a layer of their own.
    func faultsCollapsed(over below: Int) throws -> [String] {
        try withTemporaryDirectory { work in
            let history = Run(work: work, squashfs: squashfs)
            for (number, script) in scripts.enumerated() { try history.change(number, script) }
            let before = try history.shell("du -s --inodes upper*; du -s --apparent-size upper*")
            let tree = try CollapsedDirectory(
                (below..<scripts.count).reversed().map(history.upper), over: (0..<below).reversed().map(history.upper))
            let collapsed = try history.encode(tree, as: below)
            let layers = try (0..<below).compactMap(history.encode) + [collapsed].compactMap(\.self)
            try history.unpackByUs(layers)
            try history.unpackByUmoci(layers)
            if squashfs { try history.mountByKernel(layers) }
            var faults = try history.differences()
            if try history.shell("du -s --inodes upper*; du -s --apparent-size upper*") != before {
                faults.append("the directories are no longer what they were")
            }
            if let collapsed { faults += try history.uselessEntries(of: collapsed, over: below) }
            return faults
        }
    }
}

extension LayerHistory.Run {
    /// The entries of a layer that are not seen in the end, or hide nothing of the trees below.
    fileprivate func uselessEntries(of layer: LayerHistory.Layer, over below: Int) throws -> [String] {
        try work.appending("useless.py").write(Self.script)
        func mount(_ numbers: Range<Int>, at place: String) -> String {
            let lowerdirs = numbers.reversed().map { "upper\($0)" } + ["empty", "none-\(place)"]
            return """
                mkdir -p none-\(place) \(place)
                mount -t overlay -o ro,userxattr,lowerdir=\(lowerdirs.joined(separator: ":")) test \(place)

                """
        }
        return try shell(
            mount(0..<below, at: "lower") + mount(0..<scriptCount, at: "whole")
                + "zcat image/blobs/sha256/\(layer.tar.descriptor.digest.hex) >collapsed.tar\n"
                + "python3 useless.py collapsed.tar lower whole"
        ).split(separator: "\n").map(String.init)
    }

    private var scriptCount: Int {
        get throws { try Directory(at: work).names().count { $0.string.hasPrefix("upper") } }
    }

    private static let script = """
        import os, stat, sys, tarfile
        lower, whole = map(os.fsencode, sys.argv[2:4])
        opaque, prefix = b".wh..wh..opq", b".wh."
        kinds = {tarfile.REGTYPE: stat.S_ISREG, tarfile.DIRTYPE: stat.S_ISDIR, tarfile.SYMTYPE: stat.S_ISLNK,
                 tarfile.CHRTYPE: stat.S_ISCHR, tarfile.BLKTYPE: stat.S_ISBLK, tarfile.FIFOTYPE: stat.S_ISFIFO}
        count = 0
        for entry in tarfile.open(sys.argv[1]):
            count += 1
            name = os.fsencode(entry.name)
            head, tail = os.path.split(name)
            if tail == opaque:
                if not os.path.isdir(os.path.join(lower, head)) or not os.listdir(os.path.join(lower, head)):
                    print("opaque, over nothing:", name)
            elif tail.startswith(prefix):
                name = os.path.join(head, tail[len(prefix):])
                if not os.path.lexists(os.path.join(lower, name)): print("a whiteout of nothing:", name)
                if os.path.lexists(os.path.join(whole, name)): print("a whiteout of what is there:", name)
            elif not os.path.lexists(os.path.join(whole, name)):
                print("not seen:", name)
            else:
                status = os.lstat(os.path.join(whole, name))
                if not entry.islnk() and not kinds[entry.type](status.st_mode): print("another kind:", name)
                if entry.isreg() and entry.size != status.st_size: print("another size:", name)
                if entry.islnk() and status.st_ino != os.lstat(os.path.join(whole, os.fsencode(entry.linkname))).st_ino:
                    print("another file:", name)
        if not count: print("the layer is empty")
        """
}
