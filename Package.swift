// swift-tools-version: 6.2

import Glibc
import PackageDescription

/// Settings for every target of our own: a warning is an error.
///
/// What a target shows to another is `package`. Across targets the compiler specialises and inlines what is public, and
/// with -enable-testing, which `make` builds with, the rest of it, too; without it, a release is slower.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

/// The released program carries the Swift runtime: it starts faster and runs where no Swift is. Only its link
/// step knows of that. `--static-swift-stdlib` would compile everything for it, and then no test can be built
/// beside it, since Swift Testing exists as a shared library only. What the compiler would name by itself, the
/// archives that FoundationEssentials needs, is named here instead; lld takes them in any order.
///
/// The rest is for its start: a library that is in the program need not be loaded, C++'s and the compiler's own among
/// them; no symbol is exported that a library could look up; and relocations are a short list instead of 24 bytes each.
///
/// A sanitizer takes the place of functions of the C library. Libraries find it by the symbols of the program, which a static
/// runtime has the linker hide; so under one this is a plain link.
let program: [LinkerSetting] =
    Context.environment["STACKER_SANITIZED"] != nil
    ? [.unsafeFlags(["-use-ld=lld"])]
    : [
        .unsafeFlags(
            ["-use-ld=lld", "-static-stdlib", "-lFoundationEssentials", "-l_FoundationCShims"]
                + ["-l_FoundationCollections"]
                + (hasArchive("stdc++") ? ["-L\(Context.packageDirectory)/Sources/System/Runtime"] : [])
                + ["-Xclang-linker", "-static-libgcc", "-Xlinker", "--no-export-dynamic"]
                + ["-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
            .when(configuration: .release))
    ]

/// C libraries that go into what is linked: the archive, of which a linker takes what is called, where there is one, else
/// the shared library. A library stands before those that it needs.
func linked(_ names: String...) -> [LinkerSetting] {
    names.map { name in .linkedLibrary(hasArchive(name) ? ":lib\(name).a" : name) }
}

/// Whether the archive is where linkers look, on Debian, Fedora and others. The compiler has its own directory. Debian may
/// have archives of other processors beside.
func hasArchive(_ name: String) -> Bool {
    #if arch(arm64)
        let processor = "aarch64"
    #else
        let processor = "x86_64"
    #endif
    let directories = ["\(processor)-linux-gnu", "gcc/\(processor)-*/*"].map { "/usr/lib/\($0)" }
    return (directories + ["/usr/lib64", "/usr/lib"]).contains { directory in
        var found = glob_t()
        defer { globfree(&found) }
        return glob("\(directory)/lib\(name).a", 0, nil, &found) == 0
    }
}

/// A fuzzer that is led by coverage: `make fuzz TARGET=name`, which says where the archive of libFuzzer is. Other builds know
/// nothing of it.
let fuzzers: [Target] =
    Context.environment["STACKER_FUZZERS"].map { libFuzzer in
        [
            .systemLibrary(name: "CLibFuzzer", path: "Tests/CLibFuzzer"),
            .executableTarget(
                name: "Fuzzer",
                dependencies: [
                    "Fuzzing", "FileTree", "CLibFuzzer", .product(name: "SystemPackage", package: "swift-system"),
                ],
                path: "Tests/Fuzzer",
                swiftSettings: strict,
                linkerSettings: [.unsafeFlags([libFuzzer, "-lstdc++", "-use-ld=lld"])]
            ),
        ]
    } ?? []

let package = Package(
    name: "stacker",
    products: [
        .executable(name: "stacker", targets: ["StackerCLI"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    ],
    targets: [
        // The driver: command line in, library call, exit status out.
        .executableTarget(
            name: "StackerCLI",
            dependencies: [
                "Stacker", "RecipeTools", "Plans", "Dockerfiles", "Roots", "Host", "Web", "Layers", "LXCWrapper",
                "CSyscalls", "FileTree", "Failure",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            linkerSettings: program
        ),

        // What `make bench` measures layers with; not part of a release.
        .executableTarget(
            name: "LayerBench",
            dependencies: [
                "Registry", "Web", "Layers", "OCI", "FileTree", "Failure",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // Recipe to images.
        .target(
            name: "Stacker",
            dependencies: [
                "Plans", "Dockerfiles", "Recipes", "RecipeText", "Containers", "Roots", "Host", "Registry", "Web",
                "Layers", "Signatures", "Pages", "OCI", "Progress", "FileTree", "Failure", "LXCWrapper", "CSyscalls",
                "CVersion",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),

        // What helps who writes a stacker file: a schema, a format, advice. No build passes through it.
        .target(
            name: "RecipeTools",
            dependencies: [
                "Recipes", "RecipeText", "Registry", "OCI", "FileTree", "Failure",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // What there is to build, in the words of the engine that does it. It knows nothing of how a layer is built.
        .target(name: "Plans", dependencies: ["Web", "OCI", "Progress", "Failure"], swiftSettings: strict),

        // A Dockerfile to a recipe.
        .target(
            name: "Dockerfiles",
            dependencies: ["Recipes", "RecipeText", "Registry", "Web", "OCI", "FileTree", "Failure"],
            swiftSettings: strict
        ),

        // What stands in a stacker file: layers, substitutions, their order.
        .target(
            name: "Recipes",
            dependencies: [
                "RecipeText", "Registry", "Web", "OCI", "FileTree", "Failure",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: strict
        ),

        // YAML, each value with its place in the file.
        .target(
            name: "RecipeText",
            dependencies: [
                "Failure", "CYAML",
                .product(name: "OrderedCollections", package: "swift-collections"),
            ],
            swiftSettings: strict,
            linkerSettings: linked("yaml")
        ),

        // A program in an LXC container on an overlay.
        .target(
            name: "Containers",
            dependencies: ["Host", "FileTree", "Failure", "LXCWrapper"],
            swiftSettings: strict
        ),

        // The overlay's storage: unpacked layers, upperdirs, what they show together.
        .target(
            name: "Roots",
            dependencies: ["Layers", "OCI", "Host", "FileTree", "Failure"],
            swiftSettings: strict
        ),

        // This process, its user, and what both may do on this machine.
        .target(
            name: "Host",
            dependencies: [
                "FileTree", "Failure", "LXCWrapper", "CSyscalls",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // Registries by the distribution spec.
        .target(
            name: "Registry",
            dependencies: [
                "Web", "Host", "OCI", "FileTree", "Progress", "Failure",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // HTTP, over libcurl.
        .target(
            name: "Web",
            dependencies: [
                "OCI", "FileTree", "Progress", "Failure", "CSyscalls", "CCurl",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // A directory tree to and from one layer blob.
        .target(
            name: "Layers",
            dependencies: [
                "OCI", "FileTree", "Failure", "CArchive", "CBzip2", "CDeflate", "CLZ4", "CLZMA", "CSquashFS",
                "CISAL", "CSyscalls", "CZlib", "CZstd",
            ],
            swiftSettings: strict,
            linkerSettings: linked("archive", "squashfs", "deflate", "bz2", "lzma", "lz4", "zstd", "z")
        ),

        // Signatures by Ed25519, with OpenSSL's files of keys.
        .target(
            name: "Signatures",
            dependencies: [
                "OCI", "FileTree", "Failure", "CSignature",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // Pages for browsers. Nothing that comes from outside is interpreted in one.
        .target(name: "Pages", dependencies: ["OCI"], swiftSettings: strict),

        // Image-spec types and the OCI layout.
        .target(
            name: "OCI",
            dependencies: ["FileTree", "Failure", "CCrypto"],
            swiftSettings: strict,
            linkerSettings: linked("crypto")
        ),

        // Files and directories by descriptor: nothing here resolves a hostile path.
        .target(
            name: "FileTree",
            dependencies: [
                "Failure", "CSyscalls",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: strict
        ),

        // How far things are that take their time, and how a terminal shows it.
        .target(name: "Progress", swiftSettings: strict),

        // The one error type.
        .target(
            name: "Failure",
            dependencies: [.product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict
        ),

        // C. The only code that calls liblxc.
        .target(
            name: "LXCWrapper",
            dependencies: ["CSyscalls"],
            cSettings: strictC
        ),

        // Headers of system libraries, and the system calls that Glibc's module does not show to Swift. Who calls a library
        // says how it is linked.
        .systemLibrary(name: "CArchive", path: "Sources/System/CArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CBzip2", path: "Sources/System/CBzip2", providers: [.apt(["libbz2-dev"])]),
        .systemLibrary(name: "CCrypto", path: "Sources/System/CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CDeflate", path: "Sources/System/CDeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CLZ4", path: "Sources/System/CLZ4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CLZMA", path: "Sources/System/CLZMA", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CSquashFS", path: "Sources/System/CSquashFS", providers: [.apt(["libsquashfs-dev"])]),
        .systemLibrary(name: "CYAML", path: "Sources/System/CYAML", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/System/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", path: "Sources/System/CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CISAL", path: "Sources/System/CISAL", cSettings: strictC),
        .target(name: "CVersion", path: "Sources/System/CVersion", cSettings: strictC),
        .target(name: "CSyscalls", path: "Sources/System/CSyscalls"),
        .target(name: "CCurl", path: "Sources/System/CCurl", cSettings: strictC),
        .target(name: "CSignature", path: "Sources/System/CSignature", cSettings: strictC),

        // System calls that only tests need.
        .target(
            name: "CFixtures", path: "Tests/CFixtures", cSettings: strictC),

        // Makers of fixtures, shared by the test targets.
        .target(
            name: "Fixtures",
            dependencies: [
                "OCI", "Layers", "FileTree", "Host", "Failure", "CFixtures",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/Fixtures",
            swiftSettings: strict
        ),
        // Mutates layers and unpacks them: a bounded number in the tests, and as many as one likes in `make fuzz`.
        .target(
            name: "LayerFuzzing",
            dependencies: [
                "Layers", "OCI", "FileTree", "Failure", "CSyscalls", "Fixtures",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/LayerFuzzing",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "LayerFuzz",
            dependencies: [
                "LayerFuzzing", "FileTree", "Failure", "CSyscalls",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/LayerFuzz",
            swiftSettings: strict
        ),
        // What fuzzers that are led by coverage have read: a file for each kind of input. The tests read the seeds.
        .target(
            name: "Fuzzing",
            dependencies: [
                "Stacker", "RecipeTools", "Dockerfiles", "Recipes", "RecipeText", "Roots", "Registry", "Web", "Layers",
                "OCI", "FileTree", "Failure", "CSyscalls", "Fixtures", "LayerFuzzing",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/Fuzzing",
            swiftSettings: strict
        ),
        .testTarget(
            name: "Unit",
            dependencies: [
                "Stacker", "RecipeTools", "Plans", "Dockerfiles", "Recipes", "RecipeText", "Containers", "Roots",
                "Host", "Registry", "Web", "Layers", "Signatures", "Pages", "OCI", "FileTree", "Progress", "Failure",
                "LXCWrapper", "CSyscalls", "Fixtures",
                "LayerFuzzing", "Fuzzing",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "Integration",
            dependencies: [
                "Stacker", "Recipes", "Containers", "Roots", "Host", "Layers", "OCI", "FileTree", "Failure",
                "LXCWrapper", "Fixtures",
            ],
            swiftSettings: strict
        ),
    ] + fuzzers,
    swiftLanguageModes: [.v6]
)
