import Failure
import Host
import Registry
import Web

/// The base of a recipe where there is a network.
enum ReachableBase {
    /// Small, and with a shell.
    static let name = "docker://docker.io/library/busybox:latest"

    /// How long its registry may take for an answer.
    private static let patience = Duration.seconds(5)

    /// Whether its registry has it, now. Why not is of no interest.
    static var isThere: Bool {
        let deadline = ContinuousClock.now + patience
        let checkpoint: @Sendable () throws -> Void = {
            try StopSignal.check()
            guard ContinuousClock.now < deadline else { throw Failure("no answer within \(patience)") }
        }
        guard let reference = try? ImageReference(String(name.dropFirst("docker://".count))) else { return false }
        let credentials = Credentials(checkpoint: checkpoint)
        let web = WebClient(checkpoint: checkpoint, password: credentials.password(for:))
        let registry = RegistryClient(
            reference.registry, isInsecure: false, allowedBy: nil, web: web, credentials: credentials)
        return (try? ImagePull(reference, from: registry).source()) != nil
    }
}
