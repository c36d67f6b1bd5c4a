package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html/charset"
)

const (
	// maxPart is the size in bytes up to which a sheet is unpacked in memory. A larger one goes to a temporary file.
	maxPart = 4 << 20
	// maxOtherParts is the largest size in bytes of all that is neither a sheet nor a text of a cell, such as pictures. It is
	// unpacked in memory.
	maxOtherParts = 32 << 20
	// maxXML is the largest size in bytes of such a part in XML. The library decodes it as a whole.
	maxXML = 2 << 20
	// maxToken is the largest length in bytes of a tag, of a text, and of a cell. Excel allows 32,767 characters in a cell.
	maxToken = 1 << 20
	// maxDepth is the largest depth of the elements. The elements of a text with formats have a depth of 6.
	maxDepth = 100
	// maxTexts is the largest number of different texts in a file.
	maxTexts = 1_000_000
)

// XLSX returns the rows of the first visible sheet of an XLSX file. It unpacks large sheets to temporary files and reads them row by
// row, so that its memory does not grow with their size. A formula has the value that was saved with it, and merged cells have
// their value in the first of them. The last error, if any, is an *Error, or an error of the temporary files.
func XLSX(file []byte) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := readXLSX(file, yield); err != nil {
			yield(Row{}, err)
		}
	}
}

var (
	errNotXLSX  = errorf("The file is not an XLSX workbook, or is damaged")
	errUnpacked = errorf("The file is larger than %d MiB when it is unpacked", maxUnpacked>>20)
)

// readXLSX calls yield for each row until yield returns false.
func readXLSX(file []byte, yield func(Row, error) bool) error {
	if err := checkParts(file); err != nil {
		return err
	}
	book, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{
		// The values as they are stored, because the format of a cell may hide digits.
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxPart,
	})
	if err != nil {
		return errNotXLSX
	}
	defer book.Close() //nolint:errcheck // It removes the temporary files. Nothing depends on that.
	sheet, err := firstVisibleSheet(book)
	if err != nil {
		return err
	}
	properties, err := book.GetWorkbookProps()
	if err != nil {
		return errNotXLSX
	}
	from1904 := properties.Date1904 != nil && *properties.Date1904
	rows, err := book.Rows(sheet)
	if err != nil {
		return errNotXLSX
	}
	defer rows.Close() //nolint:errcheck // The file was only read.
	var row Row
	for row.Number = 1; rows.Next(); row.Number++ {
		texts, err := rows.Columns()
		if err != nil {
			return errNotXLSX
		}
		if len(texts) > maxColumns {
			return errorf("Row %d has more than %d cells", row.Number, maxColumns)
		}
		row.Cells = row.Cells[:0]
		for _, text := range texts {
			row.Cells = append(row.Cells, Cell{text: text, stored: true, from1904: from1904})
		}
		if !yield(row, nil) {
			return nil
		}
	}
	if rows.Error() != nil {
		return errNotXLSX
	}
	return nil
}

func firstVisibleSheet(book *excelize.File) (string, error) {
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err == nil && visible {
			return sheet, nil
		}
	}
	return "", errorf("The workbook has no visible sheet")
}

// checkParts checks the parts of the file before the library reads them. The library treats the end of broken XML as the end of the
// sheet, so rows would be missing, and it has no limits for elements.
func checkParts(file []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return errNotXLSX
	}
	var all, other uint64
	for _, part := range archive.File {
		// Reading a part fails if the size that the file states is wrong.
		all += part.UncompressedSize64
		if !isLargePart(part) {
			other += part.UncompressedSize64
		}
		if part.UncompressedSize64 > maxUnpacked || all > maxUnpacked {
			return errUnpacked
		}
	}
	if other > maxOtherParts {
		return errorf("The pictures and other parts of the file are larger than %d MiB when they are unpacked", maxOtherParts>>20)
	}
	for _, part := range archive.File {
		if !strings.HasSuffix(strings.ToLower(part.Name), ".xml") {
			continue
		}
		if !isLargePart(part) && part.UncompressedSize64 > maxXML {
			return errorf("The part %s of the file is larger than %d MiB when it is unpacked", part.Name, maxXML>>20)
		}
		if err := checkXML(part); err != nil {
			return err
		}
	}
	return nil
}

// isLargePart reports whether the library reads the part piece by piece: a sheet, or the texts of the cells.
func isLargePart(part *zip.File) bool {
	name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
	return strings.HasPrefix(name, "xl/worksheets/sheet") || name == "xl/sharedstrings.xml"
}

// checkXML reads a part to its end and checks that no element needs much memory.
func checkXML(part *zip.File) error {
	content, err := part.Open()
	if err != nil {
		return errNotXLSX
	}
	defer content.Close()
	source := &tokenReader{Reader: content}
	decoder := xml.NewDecoder(source)
	decoder.CharsetReader = charset.NewReaderLabel
	var depth, texts, cells int
	// cellBegin is where the cell or the text of a cell begins that the element is in, and cellDepth its depth, 0 outside.
	var cellBegin int64
	var cellDepth int
	for {
		source.left = maxToken
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errNotXLSX
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			switch token.Name.Local {
			case "row":
				cells = 0
			case "c":
				cells++
				cellBegin, cellDepth = decoder.InputOffset(), depth
			case "si":
				texts++
				cellBegin, cellDepth = decoder.InputOffset(), depth
			}
		case xml.EndElement:
			if depth == cellDepth {
				cellDepth = 0
			}
			depth--
		}
		if depth > maxDepth || texts > maxTexts || cells > excelize.MaxColumns ||
			cellDepth > 0 && decoder.InputOffset()-cellBegin > maxToken {
			return errorf("The part %s of the file has too many elements, or an element that is too large", part.Name)
		}
	}
}

// tokenReader returns an error for an XML token that is longer than maxToken.
type tokenReader struct {
	io.Reader
	left int
}

// Read implements [io.Reader].
func (r *tokenReader) Read(buffer []byte) (n int, err error) {
	if r.left <= 0 {
		return 0, io.ErrShortBuffer
	}
	n, err = r.Reader.Read(buffer)
	r.left -= n
	return n, err
}
