/// A plan as a Workflow for Argo, on Kubernetes.
///
/// No shell reads any word of it: a pod has its command line as a list. Two readers are left that take something in a text
/// for their own. Argo looks for `{{…}}`, everywhere and more than once, so that it can't be quoted: ``EngineWords`` refuses
/// it. Kubernetes looks for `$(…)` in command lines, where `$$` is one `$`.
struct ArgoWorkflow {
    let words: EngineWords

    /// The file.
    var text: String {
        let head = """
            # What stacker plan has found to be built: argo submit FILE -p repository=… -p revision=…
            # The Secret that registry-secret names has the login, as config.json, and whatever else options name in /secrets.

            """
        return head
            + YAMLText.fields([
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Workflow",
                "metadata": .fields(["generateName": "stacker-plan-"]),
                "spec": spec,
            ]).document
    }

    private var spec: YAMLText {
        .fields([
            "entrypoint": "plan",
            "arguments": .fields([
                "parameters": [
                    .fields(["name": "image", "value": words.image.map { .text($0) }]),
                    .fields(["name": "repository"]),
                    .fields(["name": "revision", "value": "HEAD"]),
                    .fields(["name": "registry-secret", "value": "stacker-plan"]),
                ]
            ]),
            "volumes": [
                .fields([
                    "name": "secrets",
                    "secret": .fields(["secretName": "{{workflow.parameters.registry-secret}}", "optional": true]),
                ])
            ],
            "templates": .list([plan, build] + [publish].compactMap { $0 }),
        ])
    }

    private var plan: YAMLText {
        var tasks = words.jobs.map { job in
            YAMLText.fields([
                "name": .text(job.name),
                "template": "build",
                "dependencies": Self.list(words.needs(job)),
                "arguments": .fields([
                    "parameters": [.fields(["name": "file", "value": .text(Self.escaped(job.file))])]
                ]),
            ])
        }
        if words.publication != nil {
            tasks.append(
                .fields([
                    "name": .text(JobName.publication), "template": .text(JobName.publication),
                    "dependencies": Self.list(words.ends),
                ]))
        }
        // What doesn't need a job that failed is built still.
        return .fields(["name": "plan", "dag": .fields(["failFast": false, "tasks": .list(tasks)])])
    }

    private var build: YAMLText {
        template(
            "build", parameters: ["file"],
            ["build", "--stacker-file={{inputs.parameters.file}}"] + words.options.map(Self.escaped))
    }

    private var publish: YAMLText? {
        words.publication.map { template(JobName.publication, ["publish"] + $0.map(Self.escaped)) }
    }

    private func template(_ name: String, parameters: [String] = [], _ arguments: [String]) -> YAMLText {
        .fields([
            "name": .text(name),
            "inputs": .fields([
                "parameters": parameters.isEmpty ? nil : .list(parameters.map { .fields(["name": .text($0)]) }),
                "artifacts": [
                    .fields([
                        "name": "sources", "path": .text(Self.sources),
                        "git": .fields([
                            "repo": "{{workflow.parameters.repository}}",
                            "revision": "{{workflow.parameters.revision}}",
                        ]),
                    ])
                ],
            ]),
            // A node that is lost is no fault of the build; what it has put into the cache isn't built again.
            "retryStrategy": .fields(["limit": 2, "retryPolicy": "OnError"]),
            "volumes": [.fields(["name": "work", "emptyDir": .map([])])],
            "container": .fields([
                "image": "{{workflow.parameters.image}}",
                "workingDir": .text(Self.sources),
                "command": ["stacker"],
                "args": .list(
                    (["stacker", "oci", "roots"].map { "--\($0)-dir=/work/\($0)" } + arguments).map { .text($0) }),
                "env": [.fields(["name": "DOCKER_CONFIG", "value": "/secrets"])],
                "volumeMounts": [
                    .fields(["name": "work", "mountPath": "/work"]),
                    .fields(["name": "secrets", "mountPath": "/secrets", "readOnly": true]),
                ],
                // Root mounts the overlay of a layer.
                "securityContext": .fields(["privileged": true]),
            ]),
        ])
    }

    private static let sources = "/src"

    private static func list(_ names: [String]) -> YAMLText? { names.isEmpty ? nil : .list(names.map { .text($0) }) }

    private static func escaped(_ word: String) -> String { word.replacing("$", with: "$$") }
}
