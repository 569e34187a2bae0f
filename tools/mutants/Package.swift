// swift-tools-version: 6.2

import PackageDescription

/// SwiftSyntax as the toolchain brings it, in lib/swift/host, for its own macros: it reads the language of this very compiler,
/// there is nothing to fetch, and the tool is built in seconds. tools/mutants/build-tool says where it is.
guard let host = Context.environment["SWIFT_HOST_LIBRARIES"] else {
    fatalError("SWIFT_HOST_LIBRARIES is not set: build this by `make mutants`")
}

let package = Package(
    name: "mutants",
    targets: [
        .executableTarget(
            name: "mutants",
            swiftSettings: [.treatAllWarnings(as: .error), .unsafeFlags(["-I", host])],
            linkerSettings: [
                .unsafeFlags(["-L", host, "-Xlinker", "-rpath", "-Xlinker", host]),
                .linkedLibrary("SwiftSyntax"), .linkedLibrary("SwiftParser"), .linkedLibrary("SwiftOperators"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
