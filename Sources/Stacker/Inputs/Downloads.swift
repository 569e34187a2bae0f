import Failure
import FileTree
import Glibc
import OCI
import Synchronization
import SystemPackage
import Web

/// The files that recipes take from web servers. Each is kept under stacker's directory, by its URL.
///
/// Whether a kept file still holds is asked of the server once in each run, with a HEAD: by its checksum if it names one,
/// otherwise by the length. A server that can't be asked leaves what is kept as it is. A kept file whose content is not
/// what its name says is never used.
final class Downloads: Sendable {
    private let context: BuildContext
    private let run = Mutex(Run())
    private let files = KeyedLocks<Key>()

    /// What a file is for: these are kept apart.
    enum Purpose: String, Sendable {
        case imports = "downloads"
        case bases = "layer-bases/http"
    }

    /// What has been found out since this process began.
    private struct Run {
        var files: [Key: DownloadedFile] = [:]
        /// Servers that did not answer: to wait for each of them once is enough.
        var silent: Set<String> = []
    }

    private struct Key: Hashable {
        var address: WebAddress
        var purpose: Purpose
    }

    /// Whether what is kept from earlier runs may be used; otherwise it is fetched again, unless a recipe says its hash.
    private var trustsKept: Bool { !context.request.ignoresCache }
    private var web: WebClient { context.servers.web }
    private var log: Log { context.log }

    init(_ context: BuildContext) { self.context = context }

    /// The file at an address, from the server or as it was kept.
    ///
    /// - Parameters:
    ///   - hash: the digest that the file must have.
    ///   - mayDownload: without it nothing is written.
    /// - Returns: `nil` if the file would have to be downloaded, and may not.
    func file(
        _ address: WebAddress, for purpose: Purpose, hash: Digest? = nil, mayDownload: Bool = true
    ) throws -> DownloadedFile? {
        let key = Key(address: address, purpose: purpose)
        return try files.with(key) { try file(key, hash, mayDownload: mayDownload) }
    }

    private func file(_ key: Key, _ hash: Digest?, mayDownload: Bool) throws -> DownloadedFile? {
        let (address, purpose) = (key.address, key.purpose)
        if let known = run.withLock({ $0.files[key] }), hash == nil || hash == known.digest { return known }
        let store = DownloadStore(of: address, in: context.directories.stacker.pushing(FilePath(purpose.rawValue)))
        var damaged: FilePath?
        if let kept = try store.current(), trustsKept || hash != nil {
            let isWhole = try context.digests.digest(of: kept.path) == kept.digest
            if isWhole, try stillHolds(kept, address, hash) {
                run.withLock { $0.files[key] = kept }
                return kept
            }
            if !isWhole { damaged = kept.path }
        }
        guard mayDownload else { return nil }
        if let damaged { log.info("the kept copy of \(address), \(damaged), is damaged: fetching it again") }
        log.info("downloading \(address)")
        let file = try store.replace { file in try download(address, to: file, hash) }
        run.withLock { $0.files[key] = file }
        return file
    }

    // MARK: - What is kept

    private func stillHolds(_ kept: DownloadedFile, _ address: WebAddress, _ hash: Digest?) throws -> Bool {
        if let hash {
            // Whatever the server has by now: this is the file that the recipe means.
            if hash == kept.digest { log.info("using cached copy of \(address): it has the hash that is asked for") }
            return hash == kept.digest
        }
        guard !context.request.trustsKept, let response = try ask(address) else { return true }
        if let checksum = response.checksum {
            if checksum == kept.digest { log.info("using cached copy of \(address): its hash is the server's") }
            return checksum == kept.digest
        }
        if let length = response.contentLength {
            if length == kept.size { log.info("using cached copy of \(address): its length is the server's") }
            return length == kept.size
        }
        log.info("using cached copy of \(address): the server tells neither hash nor length")
        return true
    }

    /// What the server says of the file; `nil`, and a message, if it can't be asked.
    private func ask(_ address: WebAddress) throws -> WebResponse? {
        if run.withLock({ $0.silent.contains(address.origin) }) {
            log.info("using cached copy of \(address): its server did not answer before")
            return nil
        }
        do {
            return try web.head(address, attempts: 2)
        } catch let failure as Failure {
            guard let reason = failure.rootCause as? WebError else { throw failure }
            if case .connection = reason { _ = run.withLock { $0.silent.insert(address.origin) } }
            log.info("using cached copy of \(address): \(reason)")
            return nil
        }
    }

    // MARK: - What is new

    private func download(_ address: WebAddress, to file: OpenFile, _ hash: Digest?) throws -> WebDownload {
        let name = address.fileName?.string ?? address.description
        let download = try log.progress.following(.download(name)) { watched in
            try web.download(address, to: file, mayLeaveTLS: hash != nil, progress: watched) { response in
                guard let hash, let checksum = response.checksum, checksum != hash else { return }
                throw Failure(
                    "the requested hash of \(address) is different than the actual hash: \(hash.hex) != \(checksum.hex)",
                    help: "if the file is what it should be, write its hash into the recipe")
            }
        }
        if let hash, download.digest != hash {
            throw Failure(
                "downloaded file hash does not match: \(address) should have \(hash.hex), it has \(download.digest.hex)",
                help: "if the file is what it should be, write its hash into the recipe")
        }
        if let checksum = download.response.checksum, checksum != download.digest {
            throw Failure(
                "downloaded file hash does not match what its server says: \(address) should have \(checksum.hex), "
                    + "it has \(download.digest.hex)")
        }
        return download
    }
}
