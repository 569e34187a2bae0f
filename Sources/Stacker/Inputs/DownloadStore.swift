import Failure
import FileTree
import Glibc
import OCI
import SystemPackage
import Web

/// A file that came from a server.
struct DownloadedFile: Sendable, Equatable {
    /// Where it is kept.
    let path: FilePath
    let digest: Digest
    /// Its length in bytes.
    let size: Int64
}

/// What is kept of one URL: a directory with one file, whose name is its SHA-256.
///
/// The name is all there is to know about the file, so that there are no two things that a kill could leave apart.
struct DownloadStore {
    private static let temporary: FilePath = "download.tmp"
    private let path: FilePath

    /// The place of a URL below a directory.
    init(of address: WebAddress, in directory: FilePath) {
        self.init(at: directory.appending(Self.name(of: address)))
    }

    /// What is kept of the URL whose place this is.
    init(at path: FilePath) {
        self.path = path
    }

    /// What a URL's place is called. Its credentials have no part in it.
    static func name(of address: WebAddress) -> String {
        Digest(of: (address.origin + address.target).utf8).hex
    }

    /// The file that is kept; `nil` if there is none.
    func current() throws -> DownloadedFile? {
        guard let directory = try existingDirectory() else { return nil }
        // Two, if a kill came between the arrival of the new one and the removal of the old one.
        let files = try directory.names().compactMap { name -> (DownloadedFile, Timestamp)? in
            guard let digest = Digest(hex: name.string), let status = try directory.status(name),
                status.kind == .regular
            else { return nil }
            return (DownloadedFile(path: path.pushing(name), digest: digest, size: status.size), status.changed)
        }
        return files.max { $0.1 < $1.1 }?.0
    }

    private func existingDirectory() throws -> Directory? {
        do {
            return Directory(try OpenFile(path, O_RDONLY | O_DIRECTORY))
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            return nil
        } catch {
            throw Failure("couldn't look into \(path)", because: error)
        }
    }

    /// Puts a new file in the place of the old one, which stays if `write` throws.
    func replace(_ write: (OpenFile) throws -> WebDownload) throws -> DownloadedFile {
        let directory = try Directory(creating: path)
        try directory.removeTree(Self.temporary)
        defer { try? directory.removeTree(Self.temporary) }
        let file = try directory.openNoSymlinks(Self.temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        let download = try write(file)
        try attempt("couldn't keep the file in \(path)") {
            // Whatever the umask is: the file's mode becomes that of the import.
            try checked(fchmod(file.number, 0o644), at: file.place)
            if let time = download.response.lastModified {
                try checked(futimens(file.number, [time, time]), at: file.place)
            }
            try file.synchronize()
            let name = FilePath(download.digest.hex)
            try directory.rename(Self.temporary, to: name)
            for other in try directory.names() where other != name { try directory.removeTree(other) }
        }
        return DownloadedFile(path: path.appending(download.digest.hex), digest: download.digest, size: download.size)
    }
}

extension WebResponse {
    /// `Last-Modified`; the file gets this time, so that it is the same wherever and whenever it is fetched.
    fileprivate var lastModified: timespec? {
        self["Last-Modified"].flatMap { HTTPDate($0) }.map { timespec(tv_sec: Int($0.seconds), tv_nsec: 0) }
    }

    /// What the server says the SHA-256 of the content is: `X-Checksum-Sha256`.
    var checksum: Digest? {
        self["X-Checksum-Sha256"].flatMap { Digest(hex: $0.lowercased()) }
    }
}
