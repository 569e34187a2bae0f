import Failure
import FileTree
import Glibc
import SystemPackage

/// A temporary directory that is removed with its owner's scope.
package func withTemporaryDirectory<Result>(
    named prefix: String = "stacker-test", _ body: (FilePath) throws -> Result
) throws -> Result {
    let template = "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/\(prefix).XXXXXX"
    guard let path = template.withCString({ mkdtemp(strdup($0)) }) else { throw Errno(rawValue: Glibc.errno) }
    defer { free(path) }
    let directory = FilePath(platformString: path)
    defer {
        if let name = directory.lastComponent {
            try? Directory(at: directory.removingLastComponent()).removeTree(FilePath(root: nil, [name]))
        }
    }
    return try body(directory)
}

/// Makes a root file system of Debian's static busybox: `/bin/busybox` and a hard link to it for each applet named.
package func makeBusyboxRoot(at path: FilePath, applets: [String]) throws {
    let bin = try Directory(creating: path.appending("bin"))
    // By the kernel: a debug build takes half a second for two megabytes.
    let busybox = try attempt("couldn't open /bin/busybox", help: "apt-get install busybox-static") {
        try OpenFile("/bin/busybox", O_RDONLY)
    }
    let copy = try bin.open("busybox", O_WRONLY | O_CREAT | O_EXCL, mode: 0o755)
    while try checked(sendfile(copy.number, busybox.number, nil, 16 << 20)) > 0 {}
    for applet in applets where applet != "busybox" {
        let made = applet.withCString { name in
            "busybox".withCString { linkat(bin.file.number, $0, bin.file.number, name, 0) }
        }
        try checked(made)
    }
}
