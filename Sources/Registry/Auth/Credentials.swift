import Failure
import FileTree
import Glibc
import Synchronization
import SystemPackage
import Web

/// Where user names and passwords for registries come from: the command line, or the files that `skopeo login`,
/// `podman login` and `docker login` write.
///
/// Nothing is opened before a server asks for credentials.
package final class Credentials: Sendable {
    private let given: WebCredentials?
    private let variable: @Sendable (String) -> String?
    private let checkpoint: @Sendable () throws -> Void
    private let files = Mutex<[CredentialFile]?>(nil)
    /// What has been found: a helper program is not asked twice.
    private let known = Mutex<[String: Login?]>([:])

    private static let sizeLimit = 4 << 20

    /// Takes the credentials given, or otherwise those of the files that an environment leads to.
    ///
    /// - Parameters:
    ///   - variable: gives the value of an environment variable; by default the process's own.
    ///   - checkpoint: called while a helper program is waited for; what it throws ends that.
    package init(
        given: WebCredentials? = nil,
        environment variable: @escaping @Sendable (String) -> String? = { getenv($0).map { String(cString: $0) } },
        checkpoint: @escaping @Sendable () throws -> Void = {}
    ) {
        self.given = given
        self.variable = variable
        self.checkpoint = checkpoint
    }

    /// What there is for a repository, or for a host without one.
    ///
    /// - Parameter place: `host:port/repository`.
    /// - Throws: `Failure` for a file that is damaged and a helper program that fails.
    func login(for place: String) throws -> Login? {
        if let given { return .password(given) }
        if let login = known.withLock({ $0[place] }) { return login }
        var login: Login?
        for file in try openFiles() {
            login = try file.login(for: place) { helper, server in
                // The one name under which Docker keeps its own.
                let server = server == RegistryHost.dockerHub.name ? "https://index.docker.io/v1/" : server
                return try CredentialHelper(name: helper).login(for: server, checkpoint: checkpoint)
            }
            if login != nil { break }
        }
        known.withLock { $0[place] = .some(login) }
        return login
    }

    /// The password that there is for a place on a server that is no registry; `nil` for one that has a token.
    ///
    /// - Throws: as ``login(for:)``.
    package func password(for place: String) throws -> WebCredentials? {
        guard case .password(let credentials) = try login(for: place) else { return nil }
        return credentials
    }

    /// Where credentials are looked for, for a message.
    var places: String {
        given == nil ? paths.map(\.path.string).joined(separator: ", ") : "the command line"
    }

    private func openFiles() throws -> [CredentialFile] {
        if let files = files.withLock({ $0 }) { return files }
        var files: [CredentialFile] = []
        for (path, isRequired) in paths {
            do {
                // Not a pipe, into which perhaps nobody ever writes.
                let file = try OpenFile(path, O_RDONLY | O_NONBLOCK)
                guard try file.status().kind != .fifo else { throw Errno.invalidArgument }
                files.append(try CredentialFile(file.readToEnd(limit: Self.sizeLimit), at: path))
            } catch let error where error.systemError == .noSuchFileOrDirectory && !isRequired {
                continue
            } catch let error where error.systemError != nil {
                throw Failure("couldn't read the file of credentials \(path)", because: error)
            }
        }
        self.files.withLock { $0 = files }
        return files
    }

    /// The files in the order in which they count. One that the user named is the only one.
    private var paths: [(path: FilePath, isRequired: Bool)] {
        func value(_ name: String) -> FilePath? {
            variable(name).flatMap { $0.isEmpty ? nil : FilePath($0) }
        }
        if let file = value("REGISTRY_AUTH_FILE") { return [(file, true)] }
        let home = value("HOME")
        let config = value("XDG_CONFIG_HOME") ?? home?.appending(".config")
        return [
            value("XDG_RUNTIME_DIR")?.pushing("containers/auth.json"), config?.pushing("containers/auth.json"),
            (value("DOCKER_CONFIG") ?? home?.appending(".docker"))?.appending("config.json"),
        ].compactMap(\.self).map { ($0, false) }
    }
}
