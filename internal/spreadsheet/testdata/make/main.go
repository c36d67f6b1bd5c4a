// Command make writes the files in internal/spreadsheet/testdata again, in the current directory. Run it there:
//
//	cd internal/spreadsheet/testdata && go run ./make
//
// LibreOffice 7.4 converted orders.fods to the files libreoffice.*. The files excel.* follow the rules by which Excel saves a workbook
// and its text formats: shared strings, dates as numbers, results next to the formulas; a byte order mark, CRLF, and the list
// separator of the region. They were not saved by Excel itself. The other files are damaged, or made to take much memory.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func main() {
	for _, step := range []func() error{libreOffice, excelText, excel, damaged, bombs} {
		if err := step(); err != nil {
			log.Fatal(err)
		}
	}
}

// libreOffice converts orders.fods. The numbers are those of LibreOffice's CSV filter: separator, quote, encoding, and
// first row, and further on whether all texts are quoted.
func libreOffice() error {
	for name, filter := range map[string]string{
		"libreoffice.xlsx":             "xlsx:Calc MS Excel 2007 XML",
		"libreoffice-comma-utf8.csv":   "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true",
		"libreoffice-semicolon.csv":    "csv:Text - txt - csv (StarCalc):59,34,1,1,,0,false,true",
		"libreoffice-tab-utf16.csv":    "csv:Text - txt - csv (StarCalc):9,34,65535,1,,0,false,true",
		"libreoffice-quoted-texts.csv": "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true",
	} {
		folder, err := os.MkdirTemp("", "spreadsheet")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		command := exec.CommandContext(context.Background(), "soffice", "--headless", "-env:UserInstallation=file://"+folder+"/profile",
			"--convert-to", filter, "--outdir", folder, "orders.fods")
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		made, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, file := range made {
			if strings.HasPrefix(file.Name(), "orders") {
				content, err := os.ReadFile(folder + "/" + file.Name())
				if err != nil {
					return err
				}
				if err := os.WriteFile(name, content, 0o644); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// excelText writes the text formats of Excel, in which a cell has line feeds alone.
func excelText() error {
	const semicolons = "Name;Quantity;Due date;Notes;External ID\r\nGröße 5 €;1.500;01.12.2026;\"a;b, \"\"c\"\"\nline 2\";0042\r\n" +
		"JOB-1;3.000;31.12.2026;;0043\r\nMerged;7;;;\r\n;8;;;\r\n;;;;\r\nLast;9;;;\r\n"
	commas := strings.NewReplacer("1.500", `"1,500"`, "3.000", `"3,000"`, "01.12.2026", "12/1/2026", "31.12.2026", "12/31/2026",
		`"a;b`, "\x00", ";", ",", "\x01", ";").Replace(semicolons)
	commas = strings.ReplaceAll(commas, "\x00", `"a;b`)
	tabs := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(semicolons, `"a;b`, "\x00"), ";", "\t"), "\x00", `"a;b`)
	for name, content := range map[string]struct {
		text string
		in   encoding.Encoding
	}{
		"excel-utf8-comma.csv":     {"\ufeff" + commas, encoding.Nop},
		"excel-utf8-semicolon.csv": {"\ufeff" + semicolons, encoding.Nop},
		"excel-1252-semicolon.csv": {semicolons, charmap.Windows1252},
		"excel-unicode-text.csv":   {tabs, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
	} {
		encoded, err := content.in.NewEncoder().String(content.text)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(encoded), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// excel writes a workbook in both date systems, and one with formulas that have failed.
func excel() error {
	for name, from1904 := range map[string]bool{"excel.xlsx": false, "excel-1904.xlsx": true} {
		book := excelize.NewFile()
		if err := book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &from1904}); err != nil {
			return err
		}
		const hidden, sheet = "Sheet1", "Orders"
		if err := book.SetCellStr(hidden, "A1", "not read"); err != nil {
			return err
		}
		index, err := book.NewSheet(sheet)
		if err != nil {
			return err
		}
		book.SetActiveSheet(index)
		if err := book.SetSheetVisible(hidden, false); err != nil {
			return err
		}
		day := func(d int) any { return time.Date(2026, 12, d, 0, 0, 0, 0, time.UTC) }
		for i, row := range [][]any{
			{"Name", "Quantity", "Due date", "Notes", "External ID"},
			{"Größe 5 €", 1500, day(1), "a;b, \"c\"\nline 2", "0042"},
			{"JOB-1", 3000, day(31), nil, "0043"},
			{"Merged", 7}, {nil, 8}, {}, {"Last", 9},
		} {
			if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
				return err
			}
		}
		// The results are those that were set above.
		for cell, formula := range map[string]string{"B3": "B2*2", "C3": "C2+30"} {
			if err := book.SetCellFormula(sheet, cell, formula); err != nil {
				return err
			}
		}
		if err := book.MergeCell(sheet, "A4", "A5"); err != nil {
			return err
		}
		if err := book.SaveAs(name); err != nil {
			return err
		}
	}
	return parts("formula-errors.xlsx", map[string]string{"xl/worksheets/sheet1.xml": sheetOf(
		`<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="B1" t="inlineStr"><is><t>Quantity</t></is></c></row>` +
			`<row r="2"><c r="A2" t="e"><f>#REF!</f><v>#REF!</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>` +
			`<row r="3"><c r="A3" t="str"><f>"x"</f><v>x</v></c><c r="B3"><v>1.234</v></c></row>`,
	)})
}

// damaged writes files that are not what they seem.
func damaged() error {
	whole, err := os.ReadFile("excel.xlsx")
	if err != nil {
		return err
	}
	changed := bytes.Clone(whole)
	changed[len(changed)/3] ^= 0xff
	for name, content := range map[string][]byte{
		"cut.xlsx":       whole[:len(whole)/2],
		"changed.xlsx":   changed,
		"not-a-zip.xlsx": []byte("Name,Quantity\r\na,1\r\n"),
		"encrypted.xlsx": append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 1000)...),
	} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return err
		}
	}
	const hidden = `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets>` +
		`<sheet name="Sheet1" sheetId="1" state="hidden"/></sheets></workbook>`
	if err := parts("no-sheet.xlsx", map[string]string{"xl/workbook.xml": hidden}); err != nil {
		return err
	}
	return parts("broken-sheet.xlsx", map[string]string{"xl/worksheets/sheet1.xml": strings.TrimSuffix(sheetOf(
		`<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c></row><row r="2"><c r="A2"><v>1</v></c>`), "</row></sheetData></worksheet>") + "<"})
}

// bombs writes small files that are large when they are unpacked, or whose elements take much memory.
func bombs() error {
	for name, content := range map[string]string{
		"bomb-size.xlsx":     sheetOf(strings.Repeat(" ", 129<<20)),
		"bomb-text.xlsx":     sheetOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>` + strings.Repeat("x", 2<<20) + `</t></is></c></row>`),
		"bomb-depth.xlsx":    sheetOf(strings.Repeat("<a>", 1000) + strings.Repeat("</a>", 1000)),
		"bomb-cells.xlsx":    sheetOf(`<row r="1">` + strings.Repeat(`<c r="A1"><v>1</v></c>`, 20_000) + `</row>`),
		"bomb-elements.xlsx": sheetOf(`<row r="1"><c r="A1" t="inlineStr"><is>` + strings.Repeat(`<r/>`, 1<<20) + `</is></c></row>`),
		"wide.xlsx":          sheetOf(`<row r="1"><c r="ZZZ1"><v>1</v></c></row>`),
		"columns.xlsx":       sheetOf(`<row r="1"><c r="XFD1"><v>1</v></c></row>`),
	} {
		if err := parts(name, map[string]string{"xl/worksheets/sheet1.xml": content}); err != nil {
			return err
		}
	}
	return nil
}

func sheetOf(rows string) string {
	return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`
}

// parts writes a workbook with one sheet, in which some parts are replaced.
func parts(name string, changes map[string]string) error {
	const relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	all := map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/></Types>`,
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relationships + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relationships + `">` +
			`<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
			`<Relationship Id="rId1" Type="` + relationships + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml": sheetOf(""),
	}
	for part, content := range changes {
		all[part] = content
	}
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, part := range []string{
		"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml",
	} {
		w, err := archive.Create(part)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(all[part])); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, file.Bytes(), 0o644)
}
