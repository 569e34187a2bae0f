/// What there is to build of some stacker files, and which of it an engine must have done: what `stacker plan` prints.
///
/// It is a value that knows nothing of how layers are built: who has found it out says what is where, and a ``PlanFormat``
/// writes it in the words of an engine.
package struct Plan: Sendable, Equatable {
    /// The stacker files, in build order: each after those that it requires.
    package var recipes: [PlannedRecipe]
    /// What every job builds with.
    package var options: JobOptions
    /// What becomes of the images when all are built; `nil` leaves them in the caches.
    package var publication: Publication?
    /// Whether recipes of which nothing must be built have jobs, too: `--all`.
    package var includesCached: Bool

    /// Puts a plan together.
    package init(
        recipes: [PlannedRecipe], options: JobOptions = JobOptions(), publication: Publication? = nil,
        includesCached: Bool = false
    ) {
        self.recipes = recipes
        self.options = options
        self.publication = publication
        self.includesCached = includesCached
    }

    /// All layers, in build order.
    package var layers: [PlannedLayer] { recipes.flatMap(\.layers) }
}

/// A stacker file of a plan.
package struct PlannedRecipe: Sendable, Equatable {
    /// Where it is: a path as the user would write it, relative to the directory in which the plan was made or absolute;
    /// or a URL.
    package var file: String
    /// The files that it requires, named like ``file``.
    package var requires: [String]
    /// Its layers, each after those of the file that it needs.
    package var layers: [PlannedLayer]

    /// Puts it together.
    package init(file: String, requires: [String] = [], layers: [PlannedLayer]) {
        self.file = file
        self.requires = requires
        self.layers = layers
    }

    /// Whether any of its layers must be built.
    package var isMissing: Bool { layers.contains { $0.state == .missing } }
}

/// A layer of a plan: one for each platform that it is built for.
package struct PlannedLayer: Sendable, Equatable {
    /// Its name, which no other layer of the plan has: for another platform than the machine's it is `app@linux-arm64`.
    package var name: String
    /// Its name in the recipe, which is the tag of its image.
    package var tag: String
    /// The platform that it is for, if anybody asked for one: `linux/arm64`.
    package var platform: String?
    /// Whether it is only there for others, and no image.
    package var isBuildOnly: Bool
    /// Where it is.
    package var state: State
    /// Why it must be built, or is not found nearer, in one line.
    package var reason: String?
    /// The names of the layers that must be there before it is built, in build order.
    package var needs: [String]
    /// How long its last build took, in seconds, if anybody knows.
    package var seconds: Double?

    /// Where a layer is.
    package enum State: Sendable, Equatable {
        /// In the cache of this machine.
        case here
        /// In a shared cache, whose address this is, as it was given with `--cache-from`.
        case shared(String)
        /// Nowhere: it must be built.
        case missing
    }

    /// Puts it together.
    package init(
        name: String, tag: String? = nil, platform: String? = nil, isBuildOnly: Bool = false, state: State,
        reason: String? = nil, needs: [String] = [], seconds: Double? = nil
    ) {
        self.name = name
        self.tag = tag ?? name
        self.platform = platform
        self.isBuildOnly = isBuildOnly
        self.state = state
        self.reason = reason
        self.needs = needs
        self.seconds = seconds
    }
}

/// What jobs build with, whatever runs them.
package struct JobOptions: Sendable, Equatable {
    /// The options of each job's `stacker build`, but for the stacker file and stacker's directories.
    package var arguments: [JobArgument]
    /// An image that has stacker, for engines that run jobs in one: the reference that they pull it by.
    package var image: String?

    /// Puts them together.
    package init(arguments: [JobArgument] = [], image: String? = nil) {
        self.arguments = arguments
        self.image = image
    }
}

/// The last job: `stacker publish`.
package struct Publication: Sendable, Equatable {
    /// The options of `stacker publish`, but for stacker's directories: what to publish, and where to.
    package var arguments: [JobArgument]

    /// Takes them.
    package init(arguments: [JobArgument]) {
        self.arguments = arguments
    }
}

/// An option of a job's command line.
///
/// Name and value are one word, `--name=value`: a value that begins with `-` is a value still.
package struct JobArgument: Sendable, Hashable {
    /// What stands behind `--`.
    package var name: String
    /// Its value; a flag has none.
    package var value: String?

    /// An option with a value, or a flag.
    package init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }

    /// The word of the command line.
    package var word: String { value.map { "--\(name)=\($0)" } ?? "--\(name)" }
}
