import Failure
import FileTree
import Glibc
import SystemPackage

/// The `stacker` that tests run: `$STACKER_BINARY`, or the one that was built with the tests.
package func stackerBinary() throws -> FilePath {
    if let given = getenv("STACKER_BINARY") { return FilePath(platformString: given) }
    // The test runner is .build/<triple>/<configuration>/stackerPackageTests.xctest.
    let runner = try Directory(at: "/proc/self").symlinkTarget("exe")
    let candidates = [
        runner.removingLastComponent().appending("stacker"), ".build/debug/stacker", ".build/release/stacker",
    ]
    for candidate in candidates where candidate.withPlatformString({ access($0, X_OK) }) == 0 {
        return candidate.isAbsolute ? candidate : try currentDirectory().pushing(candidate)
    }
    throw Failure("no stacker binary to test", help: "build it first (swift build), or set STACKER_BINARY")
}

private func currentDirectory() throws -> FilePath {
    guard let path = getcwd(nil, 0) else { throw Errno(rawValue: Glibc.errno) }
    defer { free(path) }
    return FilePath(platformString: path)
}
