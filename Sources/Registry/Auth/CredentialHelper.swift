import Failure
import FileTree
import FoundationEssentials
import Host
import Web

/// A program `docker-credential-NAME` in `$PATH`, which keeps credentials where the user's desktop or cloud has them.
///
/// [docker-credential-helpers](https://github.com/docker/docker-credential-helpers#development)
struct CredentialHelper: Sendable {
    private let name: String
    private let program: String
    /// How long it may take: it may ask the user to unlock something, and not for ever.
    private let patience: Duration

    /// The program of a name, or a certain one in its place.
    init(name: String, program: String? = nil, patience: Duration = .seconds(30)) {
        self.name = name
        self.program = program ?? "docker-credential-\(name)"
        self.patience = patience
    }

    /// What the program has for a server; `nil` if nothing.
    ///
    /// - Throws: `Failure` that shows nothing of what the program printed.
    func login(for server: String, checkpoint: () throws -> Void) throws -> Login? {
        let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }
        guard isName, !name.isEmpty else { throw Failure("\(shown(name)) cannot be the name of a credential helper") }
        return try attempt(
            "couldn't get the credentials for \(server) from \(program)",
            help: "see that \(program) is in $PATH and works: echo \(server) | \(program) get"
        ) {
            let outcome = try ChildProcess.run(
                [program, "get"], input: Array("\(server)\n".utf8), patience: patience, checkpoint: checkpoint)
            if outcome.status != 0 {
                if outcome.text.contains("credentials not found") { return nil }
                throw Failure("it ended with status \(outcome.status)")
            }
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(outcome.output)) else {
                throw Failure("its answer is not what such a program prints")
            }
            guard !answer.Secret.isEmpty else { return nil }
            if answer.Username == "<token>" { return .identityToken(answer.Secret) }
            return .password(WebCredentials(user: answer.Username, password: answer.Secret))
        }
    }

    private struct Answer: Decodable {
        var Username: String
        var Secret: String
    }
}
