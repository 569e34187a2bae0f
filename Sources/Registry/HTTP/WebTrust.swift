import Failure
import FileTree
import Glibc
import NIOSSL
import SystemPackage

/// Which certificate authorities servers may be vouched for by: those of the system, or those that `SSL_CERT_FILE` (a
/// file of certificates) and `SSL_CERT_DIR` (directories of them, with ":" between) name instead.
public struct WebTrust: Sendable, Hashable {
    private let file: String?
    private let directories: [String]

    /// Reads the variables; nothing is opened yet.
    init(_ variable: (String) -> String?) {
        file = variable("SSL_CERT_FILE").flatMap { $0.isEmpty ? nil : $0 }
        directories = (variable("SSL_CERT_DIR") ?? "").split(separator: ":").map(String.init)
    }

    /// The authorities for TLS.
    ///
    /// - Throws: `Failure` that names the variable and the file if nothing can be read there.
    func roots() throws -> NIOSSLTrustRoots {
        if file == nil, directories.isEmpty { return .default }
        var certificates: [NIOSSLCertificate] = []
        if let file {
            certificates += try attempt("couldn't read the certificates of SSL_CERT_FILE, \(file)") {
                // Read here: what BoringSSL says of a file that is not there is no sentence.
                let bytes = try OpenFile(FilePath(file), O_RDONLY).readToEnd(limit: 64 << 20)
                return try Self.certificates(bytes)
            }
        }
        for path in directories {
            // Beside certificates there are links to them, other files and, in a second one, nothing at all.
            guard let directory = try? Directory(at: FilePath(path)) else { continue }
            for name in (try? directory.names()) ?? [] {
                let path = FilePath(path).pushing(name)
                guard let bytes = try? OpenFile(path, O_RDONLY | O_NONBLOCK).readToEnd(limit: 4 << 20) else { continue }
                certificates += (try? Self.certificates(bytes)) ?? []
            }
        }
        guard !certificates.isEmpty else {
            throw Failure("SSL_CERT_DIR has no certificates: \(directories.joined(separator: ":"))")
        }
        return .certificates(certificates)
    }

    private static func certificates(_ bytes: [UInt8]) throws -> [NIOSSLCertificate] {
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw Failure("it holds no PEM certificates")
        }
    }
}
