import Failure
import Web

extension Plan {
    /// Refuses a plan in whose words somebody's password would stand for everybody who can read what an engine keeps.
    ///
    /// What a `--substitute` gives a variable can't be known to be secret; a URL in it can.
    ///
    /// - Throws: `Failure` that says where it is, and does not say it.
    func refuseCredentials() throws {
        try refuseCredentialsOfImage()
        for recipe in recipes {
            for file in [recipe.file] + recipe.requires where hasCredentials(file) {
                throw Failure(
                    "the URL \(quoted(WebAddress.withoutCredentials(file))) has a user name or a password in it, which a plan "
                        + "would show",
                    help: "leave it out; a job finds the password of a web server in the ~/.netrc of its user")
            }
        }
        for argument in options.arguments + (publication?.arguments ?? []) {
            if Self.secrets.contains(argument.name) {
                throw Failure("a plan would show --\(argument.name)", help: Self.loginHelp)
            }
            if hasCredentials(argument.value ?? "") {
                throw Failure(
                    "--\(argument.name) has a URL with a user name or a password in it, which a plan would show",
                    help: "leave it out; " + Self.loginHelp)
            }
        }
    }

    /// The same for the image that jobs run in. Behind the `@` of a digest there is no path.
    private func refuseCredentialsOfImage() throws {
        guard let image = options.image else { return }
        let mark = image.lastIndex(of: "@") ?? image.endIndex
        let name = image[mark...].contains("/") ? image[...] : image[..<mark]
        guard hasCredentials(image) || name.contains("@") else { return }
        throw Failure(
            "--job-image has a user name or a password in it, which a plan would show",
            help: "leave it out; the engine pulls the image, with a login that it is given for that")
    }

    /// Options whose values are nobody else's business.
    private static let secrets: Set = ["username", "password"]

    private static let loginHelp =
        "jobs have logins where REGISTRY_AUTH_FILE or DOCKER_CONFIG says, which the engine sets from a secret of its own"
}

/// Whether a text has a URL with a user name or a password, anywhere in it.
private func hasCredentials(_ text: String) -> Bool {
    var rest = text[...]
    while let mark = rest.firstRange(of: "://") {
        if WebAddress.withoutCredentials(String(rest)) != rest { return true }
        rest = rest[mark.upperBound...]
    }
    return false
}
