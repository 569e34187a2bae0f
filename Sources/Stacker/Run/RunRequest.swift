/// What `stacker run` was asked to do.
package struct RunRequest: Sendable {
    /// The image: a tag of the output layout, `oci:DIRECTORY:TAG` or `docker://REGISTRY/NAME:TAG`.
    package var image: String
    /// What is run in place of the image's `Cmd`, if anything is.
    package var command: [String] = []
    /// What is run in place of the image's `Entrypoint`; empty for none.
    package var entrypoint: String?
    /// Whether the program has what a build's script has, in place of what an image of strangers is to have.
    package var isPrivileged = false
    /// Whether the container has the host's network; else it has none.
    package var hasHostNetwork = true

    /// Which image of several is meant.
    package var platform = PlatformChoice()

    /// Whether a registry may be spoken to without verified TLS.
    package var isInsecure = false

    /// The image as its config says.
    package init(image: String) { self.image = image }
}
