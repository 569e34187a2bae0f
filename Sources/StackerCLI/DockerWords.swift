/// What people type who know Docker, and what there is here in its place.
enum DockerWords {
    /// What to do in place of a command that is none.
    static func advice(onCommand name: String) -> String? { commands[name] }

    /// What to do in place of the first option of Docker's among a command's words.
    ///
    /// - Parameter hasStray: whether there is a word that the command has no use for.
    static func advice(onWords words: some Sequence<String>, of command: String, hasStray: Bool) -> String? {
        let options = options[command] ?? [:]
        for word in words {
            if let advice = options[String(word.prefix { $0 != "=" })] { return advice }
        }
        return hasStray ? strays[command] : nil
    }

    private static let commands = [
        "images": "stacker inspect says what images there are",
        "history": "stacker inspect NAME has the layers of an image, stacker explain NAME --sizes what each does",
        "push": "stacker publish --url docker://REGISTRY --tag TAG",
        "pull": "build and run fetch by themselves what they need: stacker run docker://REGISTRY/NAME:TAG",
        "rmi": "stacker gc removes what nothing needs any more, stacker clean all that builds made",
        "rm": "nothing of a run is kept; stacker clean removes all that builds made",
        "prune": "stacker gc removes what nothing needs any more",
        "system": "stacker gc removes what nothing needs any more",
        "tag": "an image has the name of its layer; a tag comes with stacker publish --tag TAG",
        "cp": "stacker grab NAME:/PATH copies out of a layer; a recipe's imports: copy into one",
        "shell": "stacker chroot NAME opens a shell in a layer",
        "login": "skopeo login, podman login and docker login keep what stacker takes, too",
        "logout": "skopeo logout, podman logout and docker logout forget what stacker takes",
        "version": "stacker --version",
        "save": "skopeo copy oci:oci:NAME docker-archive:FILE makes an archive of an image of ./oci",
        "load": "skopeo copy docker-archive:FILE oci:oci:NAME takes an archive into ./oci",
    ]

    private static let terminal = "leave it out: the program has the terminal, and what it changes is thrown away"
    private static let mounts =
        "an image that is run sees no directory of the host; a recipe's scripts do, with binds:, and stacker chroot with them"
    private static let ports = "leave it out: the network is the host's, so that every port is reached there"
    private static let variables =
        "a recipe's environment: sets variables; for one run: stacker run NAME env VARIABLE=VALUE PROGRAM"
    private static let name =
        "an image has the name of its layer in the recipe; a tag comes with stacker publish --tag TAG"

    private static let options = [
        "build": [
            "-t": name, "--tag": name, "--build-arg": "write --substitute NAME=VALUE, and ${{NAME}} in the recipe",
            "--file": "write -f FILE, or --stacker-file FILE",
            "--platform": "a recipe's os: and arch: say which platform a layer is for",
            "--target": "all layers of the file are built; those that are found in the cache take no time",
            "--push": "stacker publish --url docker://REGISTRY --tag TAG sends what was built",
        ],
        "run": [
            "-i": terminal, "-t": terminal, "-it": terminal, "-ti": terminal, "--interactive": terminal,
            "--tty": terminal, "--rm": terminal, "-p": ports, "--publish": ports, "-v": mounts, "--volume": mounts,
            "--mount": mounts, "-e": variables, "--env": variables,
            "-d": "leave it out: the program is run in the foreground; write & behind the command",
        ],
        "convert": [
            "-f": "write -i FILE, or --docker-file FILE", "--file": "write -i FILE, or --docker-file FILE",
        ],
    ]

    private static let strays = [
        "build":
            "a recipe names what it needs, relative to itself: build takes no directory, and -f names another recipe",
        "convert": "-i names the Dockerfile",
    ]
}
