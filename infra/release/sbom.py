"""Makes one CycloneDX document of what ships: the functions and every crate that is compiled into one of them.

`cargo cyclonedx` writes a document for each package of the workspace. This joins those of the functions, and takes out
the folder that they were made in, so that the same commit gives the same bytes.

usage: python3 infra/release/sbom.py FOLDER_WITH_THE_DOCUMENTS OUT
"""

import json
import sys
from pathlib import Path


def main(folder: Path, out: Path) -> None:
    paths = sorted(folder.glob("functions/*/*.cdx.json"))
    functions = [json.loads(path.read_text().replace(f"path+file://{folder.resolve()}/", "path+file:///")) for path in paths]
    if not functions:
        sys.exit(f"{folder} has no documents of functions")

    components, dependencies = {}, {}
    for document in functions:
        function = document["metadata"]["component"]
        # The targets of the package, its library and its binary, are no components of their own.
        function.pop("components", None)
        for component in [function, *document["components"]]:
            # Where a package of the workspace lies, seen from the one that needs it, differs from document to document.
            component["purl"] = component["purl"].partition("?download_url=file:")[0]
            components[component["bom-ref"]] = component
        for dependency in document["dependencies"]:
            known = dependencies.setdefault(dependency["ref"], set())
            known.update(dependency.get("dependsOn", []))

    shipped = [document["metadata"]["component"] for document in functions]
    whole = {"type": "application", "bom-ref": "latchkey-functions", "name": "latchkey-functions", "version": shipped[0]["version"]}
    dependencies[whole["bom-ref"]] = {function["bom-ref"] for function in shipped}
    joined = {
        **functions[0],
        "metadata": {**functions[0]["metadata"], "component": whole},
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(dependencies[ref])} for ref in sorted(dependencies)],
    }
    out.write_text(json.dumps(joined, indent=2) + "\n")
    print(f"{out}: {len(functions)} functions, {len(components) - len(functions)} crates")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
