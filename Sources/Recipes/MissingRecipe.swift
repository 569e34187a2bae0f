import FileTree
import SystemPackage

extension RecipeSource {
    /// What to do where a file is to be read that is not there.
    ///
    /// - Parameters:
    ///   - name: how the user named it, or nobody did.
    ///   - path: where that is, absolute.
    ///   - way: how a command is told of another one.
    package static func adviceOnMissing(_ name: String, at path: FilePath, way: String) -> String {
        // The values of a recipe are none.
        let near = nearMiss(path).flatMap { $0.hasSuffix(Substitutions.usualFile) ? nil : "\($0); " } ?? ""
        let advice = "\(near)name a stacker file\(way), or go to its directory with cd"
        guard name == usualFile else { return advice }
        let hasDockerfile = path.removingLastComponent().appending("Dockerfile").exists
        return hasDockerfile
            ? "\(advice); stacker convert makes one of the Dockerfile here"
            : "\(advice); stacker init writes one to begin with"
    }
}
