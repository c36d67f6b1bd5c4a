package main

import (
	"debug/buildinfo"
	"os"
	"path/filepath"

	"github.com/CycloneDX/cyclonedx-go"
)

// writeSoftwareList writes what the program contains as a CycloneDX document: Go and each module, with their versions, which Go has
// recorded in the program.
func (b build) writeSoftwareList(t target) error {
	built, err := buildinfo.ReadFile(t.program)
	if err != nil {
		return err
	}
	document := cyclonedx.NewBOM()
	document.Metadata = &cyclonedx.Metadata{Component: &cyclonedx.Component{
		BOMRef: "routecard", Type: cyclonedx.ComponentTypeApplication, Name: "routecard", Version: b.version,
		PackageURL: "pkg:golang/" + built.Main.Path + "@v" + b.version,
	}}
	components := []cyclonedx.Component{{
		Type: cyclonedx.ComponentTypeLibrary, Name: "std", Version: built.GoVersion, PackageURL: "pkg:golang/std@" + built.GoVersion[len("go"):],
	}}
	for _, module := range built.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		components = append(components, cyclonedx.Component{
			Type: cyclonedx.ComponentTypeLibrary, Name: module.Path, Version: module.Version,
			PackageURL: "pkg:golang/" + module.Path + "@" + module.Version,
		})
	}
	document.Components = &components
	file, err := os.Create(filepath.Join(b.out, b.name(t, ".cdx.json")))
	if err != nil {
		return err
	}
	if err := cyclonedx.NewBOMEncoder(file, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(document); err != nil {
		return err
	}
	return file.Close()
}
