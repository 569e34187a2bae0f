import Failure
import FileTree
import Glibc
import OCI
import RecipeText
import Recipes
import SystemPackage

/// `stacker convert`: a Dockerfile in, a recipe and its substitution file out.
package struct Conversion {
    /// The recipe.
    package let recipe: String
    /// The substitution file.
    package let substitutions: String
    /// What a reader should know, each with file and line; the recipe has the same as comments.
    package let warnings: [String]
    private let files: Files
    private let isReserved: (String) -> Bool

    /// The files of a conversion, as the user named them.
    package struct Files: Sendable {
        /// The Dockerfile.
        package var dockerfile: String
        /// The recipe to write.
        package var recipe: String
        /// The substitution file to write.
        package var substitutions: String

        /// Names the files.
        package init(dockerfile: String, recipe: String, substitutions: String) {
            self.dockerfile = dockerfile
            self.recipe = recipe
            self.substitutions = substitutions
        }

        /// The usual names, also of what a build reads by itself.
        package static let usual = Files(
            dockerfile: "Dockerfile", recipe: RecipeSource.usualFile, substitutions: Substitutions.usualFile)

        /// How an image is built of them.
        package var buildCommand: String {
            let file = recipe == Self.usual.recipe ? "" : " -f \(recipe)"
            return "stacker build\(file) --substitute-file \(substitutions)"
        }
    }

    /// More than this is no Dockerfile.
    static let sizeLimit = 16 << 20

    /// Converts a Dockerfile; nothing is written yet.
    ///
    /// - Parameters:
    ///   - kept: what lies in the Dockerfile's directory and is no part of the image: absolute paths.
    ///   - isReserved: whether no layer can have a name, since stacker gives it to things of its own.
    ///   - baseConfig: the config of a base image, by what a recipe calls it; `nil` if the image is not on this machine.
    /// - Throws: `Failure` that lists, with lines, what can't be converted.
    package init(
        _ files: Files, leavingOut kept: [FilePath], isReserved: @escaping (String) -> Bool,
        baseConfig: @escaping (_ url: String, Platform) throws -> ImageConfig?
    ) throws {
        self.files = files
        self.isReserved = isReserved
        let here = try FilePath.currentDirectory()
        let dockerfile = here.pushing(FilePath(files.dockerfile))
        let bytes = try attempt("couldn't read \(files.dockerfile)", help: "--docker-file names the Dockerfile") {
            try OpenFile(dockerfile, O_RDONLY).readToEnd(limit: Self.sizeLimit)
        }
        let text = try utf8Text(of: bytes, files.dockerfile)
        let (instructions, escape) = try DockerfileParser.parse(text, file: files.dockerfile)
        let root = dockerfile.removingLastComponent().lexicallyNormalized()
        let output = here.pushing(FilePath(files.recipe)).lexicallyNormalized()
        let own =
            [output, here.pushing(FilePath(files.substitutions)).lexicallyNormalized()]
            + kept
        let context = try DockerContext(
            at: root,
            excluding: Set(own.filter { $0.removingLastComponent() == root }.compactMap { $0.lastComponent?.string }))
        var converter = DockerfileConverter(
            file: files.dockerfile, escape: escape, context: context,
            contextPrefix: (
                Self.prefix(of: root, from: output.removingLastComponent()), Self.prefix(of: root, from: here)
            ),
            platform: Platform(os: "linux", architecture: Platform.hostArchitecture),
            baseConfig: baseConfig)
        try converter.convert(instructions)

        var writer = RecipeWriter(file: files.dockerfile, table: converter.table)
        recipe = writer.recipe(
            converter.layers,
            introduction: [
                "Converted from \(files.dockerfile). Build it:",
                "stacker build -f \(files.recipe) --substitute-file \(files.substitutions)",
            ])
        substitutions = writer.substitutions(introduction: ["Values for \(files.recipe), from \(files.dockerfile)."])
        warnings = converter.layers.flatMap(\.notes).sorted { $0.line < $1.line }
            .map { "\(files.dockerfile):\($0.line): \($0.text.written())" }
        try check(output, here)
    }

    /// What leads from one directory to another below it: empty, or ended by "/"; absolute if it isn't below.
    private static func prefix(of root: FilePath, from directory: FilePath) -> String {
        var rest = root
        guard rest.removePrefix(directory) else { return root.string == "/" ? "/" : root.string + "/" }
        return rest.isEmpty ? "" : rest.string + "/"
    }

    /// Reads what was made as `stacker build` will: what it refuses must not be written.
    private func check(_ output: FilePath, _ here: FilePath) throws {
        try attempt("couldn't convert \(files.dockerfile) into a recipe that can be built") {
            var values = Substitutions()
            try values.merge(file: files.substitutions, text: substitutions)
            let source = RecipeSource(files.recipe, workingDirectory: here)
            let bytes = Array(recipe.utf8)
            // What is written is relative to the working directory.
            _ = try RecipeSet([source], substitutions: values, isReserved: isReserved, isThere: { _ in true }) { _ in
                bytes
            }
        }
    }

    /// Writes both files.
    ///
    /// - Parameter replacing: also in place of files that somebody else has written, or edited.
    package func write(replacing: Bool) throws {
        let texts = [(files.recipe, recipe), (files.substitutions, substitutions)]
        if !replacing { for (name, _) in texts { try UneditedMark.refuseEdited(FilePath(name)) } }
        for (name, text) in texts {
            let path = FilePath(name)
            guard let last = path.lastComponent else { throw Failure("\(quoted(name)) is not the name of a file") }
            try attempt("couldn't write \(name)") {
                let parent = path.removingLastComponent()
                try Directory(at: parent.isEmpty ? "." : parent)
                    .replaceFile(FilePath(root: nil, [last]), with: UneditedMark.marked(text).utf8)
            }
        }
    }
}
